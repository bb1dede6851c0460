/** Pipelines as large as they may be: the rules and the policy stay within what the API server grants them, and see circles of every length. */
import test from "ava";
import { MAX_DEPENDENCIES, MAX_GROUPS, MAX_MODULES, validateManifest } from "@troupe/model";
import { sharedApi } from "./shared-api.ts";

const api = sharedApi();

type Parents = (index: number) => readonly number[];
type GroupOf = (index: number) => number;

const LAST = MAX_MODULES - 1;
const CHAIN: Parents = (index) => (index === 0 ? [] : [index - 1]);
const DENSE: Parents = (index) => numbers(Math.max(0, index - MAX_DEPENDENCIES), index);
/** The one parent that is left longest stands last, where it is found last. */
const LATE: Parents = (index) => [...numbers(0, Math.min(MAX_DEPENDENCIES - 1, index - 1)), ...CHAIN(index)];
const ONE_GROUP: GroupOf = () => 0;
const ALL_GROUPS: GroupOf = (index) => Math.floor((index * MAX_GROUPS) / MAX_MODULES);

const GOOD: readonly [what: string, parents: Parents, groups: GroupOf][] = [
  ["a chain", CHAIN, ONE_GROUP],
  ["a chain through all groups", CHAIN, ALL_GROUPS],
  ["as many dependencies as there may be", DENSE, ONE_GROUP],
  ["the same through all groups", DENSE, ALL_GROUPS],
  ["parents that are found late", LATE, ALL_GROUPS],
];

for (const [what, parents, groups] of GOOD) {
  test.serial(`accepted at full size: ${what}`, async (t) => {
    const manifest = pipeline(parents, groups);
    t.deepEqual(validateManifest(manifest), []);
    const answer = await api.ask(manifest);
    t.true(answer.accepted, JSON.stringify(answer).slice(0, 500));
  });
}

const closed =
  (parents: Parents): Parents =>
  (index) =>
    index === 0 ? [LAST] : parents(index);

const BAD: readonly [what: string, parents: Parents, groups: GroupOf, code: string][] = [
  ["a circle of all modules", closed(CHAIN), ONE_GROUP, "ModuleCycle"],
  ["a dense circle", closed(DENSE), ALL_GROUPS, "ModuleCycle"],
  [
    "a circle of the last two",
    (index) => (index === LAST - 1 ? [LAST, LAST - 2] : CHAIN(index)),
    ONE_GROUP,
    "ModuleCycle",
  ],
  ["a circle of all groups", CHAIN, (index) => (index === LAST ? 0 : ALL_GROUPS(index)), "GroupCycle"],
];

for (const [what, parents, groups, code] of BAD) {
  test.serial(`refused at full size: ${what}`, async (t) => {
    const manifest = pipeline(parents, groups);
    const found = validateManifest(manifest).find((problem) => problem.code === code);
    const answer = await api.ask(manifest);
    const said = answer.accepted ? "accepted" : answer.message;
    // Who is named by the policy is on the circle that the validator names in full.
    const named = new RegExp(`${code}: [^"]*"([^"]+)"`).exec(said)?.[1];
    t.truthy(named, said);
    t.true(circleIn(found?.message ?? "").includes(named ?? ""), `${named ?? ""} in ${found?.message ?? ""}`);
  });
}

function pipeline(parents: Parents, groupOf: GroupOf): object {
  const name = (index: number): string => `module ${index}`;
  const modules = numbers(0, MAX_MODULES).map((index) => ({
    name: name(index),
    type: "t",
    group: `group-${groupOf(index)}`,
    dependsOn: parents(index).map(name),
  }));
  return { apiVersion: "troupe.dev/v1alpha1", kind: "Pipeline", metadata: { name: "full" }, spec: { modules } };
}

/** `… in a circle: A → B → A (…).` */
function circleIn(message: string): string[] {
  const [, path = ""] = /circle: ([^(]+)/.exec(message) ?? [];
  return path.replace(/\.$/, "").trim().split(" → ");
}

function numbers(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, index) => from + index);
}
