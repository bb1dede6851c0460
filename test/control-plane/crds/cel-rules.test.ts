/** Every rule in CEL of the shipped CRDs and of the policy refuses something, in its words and at its place. */
import test from "ava";
import { admissionPolicy } from "../../../hack/generate/admission-policy.ts";
import { CUSTOM_RESOURCES, customResourceDefinition } from "../../../hack/generate/custom-resources.ts";
import { fieldOf } from "./api.ts";
import { CEL_CASES, LONG_NAME, POLICY_CASES, type CelCase } from "./cel-cases.ts";
import { isLoose, type Loose } from "./loose.ts";
import { sharedApi } from "./shared-api.ts";
import { validate } from "./spoilers.ts";

const api = sharedApi();

test.serial("each rule of the CRDs refuses its spec alone, in its words", async (t) => {
  for (const one of CEL_CASES) {
    const said = await refusalOf(one);
    const place = one.place === "" ? "<nil>" : one.place;
    t.true(said.includes(`${place}: Invalid value: `), `expected: ${place}\nsaid: ${said}`);
    t.is(said.split(one.says).length, 2, `expected once: ${one.says}\nsaid: ${said}`);
    // One refusal is printed without brackets, several as a list.
    t.false(said.includes("is invalid: ["), said);
  }
});

test.serial("each rule of the policy refuses its spec, in its words", async (t) => {
  for (const one of POLICY_CASES) {
    const said = await refusalOf(one);
    t.true(said.endsWith(`denied request: ${one.says}`), `expected: ${one.says}\nsaid: ${said}`);
  }
});

test("the validator has each of these under its code", (t) => {
  for (const one of [...CEL_CASES, ...POLICY_CASES])
    t.deepEqual([...new Set(validate(manifestOf(one)).map(({ code }) => code))], [one.code], one.says);
});

test("there is a spec for every rule that is shipped", (t) => {
  // That crds/ holds these is a test of its own.
  const crds = CUSTOM_RESOURCES.map(customResourceDefinition).flatMap(rulesOfCrd);
  t.deepEqual(crds.toSorted(), CEL_CASES.map(ruleOf).toSorted());
  // Where the words are computed, the first of them is the code.
  const policy = admissionPolicy().flatMap(rulesOfPolicy);
  t.deepEqual(
    policy,
    POLICY_CASES.map(({ code }) => code),
  );
});

async function refusalOf(one: CelCase): Promise<string> {
  const answer = await api.ask(manifestOf(one));
  return answer.accepted ? "accepted" : answer.message;
}

/** The one rule about a name is about the name. */
function manifestOf({ kind, place, spec }: CelCase): Loose {
  const name = kind === "Group" && place === "" ? LONG_NAME : "p";
  return { apiVersion: "troupe.dev/v1alpha1", kind, metadata: { name }, spec };
}

function ruleOf({ kind, place, says }: CelCase): string {
  return `${kind} ${place.replaceAll(/\[\d+\]/g, "[]")}: ${says}`;
}

/** As {@link ruleOf} says them. */
function rulesOfCrd(crd: Loose): string[] {
  const spec = fieldOf(crd, "spec");
  const kind = String(fieldOf(fieldOf(spec, "names"), "kind"));
  return listOf(fieldOf(spec, "versions")).flatMap((version) =>
    rulesIn(fieldOf(fieldOf(version, "schema"), "openAPIV3Schema"), "").map((rule) => `${kind} ${rule}`),
  );
}

function rulesIn(schema: unknown, path: string): string[] {
  const own = listOf(fieldOf(schema, "x-kubernetes-validations")).map((rule) => {
    const { fieldPath } = { fieldPath: "", ...(isLoose(rule) ? rule : {}) };
    return `${path}${fieldPath}: ${String(fieldOf(rule, "message"))}`;
  });
  const properties = Object.entries(fieldOf(schema, "properties") ?? {});
  const items = fieldOf(schema, "items");
  return [
    ...own,
    ...properties.flatMap(([name, property]) => rulesIn(property, path === "" ? name : `${path}.${name}`)),
    ...(items === undefined ? [] : rulesIn(items, `${path}[]`)),
  ];
}

/** Their codes. */
function rulesOfPolicy(policy: Loose): string[] {
  return listOf(fieldOf(fieldOf(policy, "spec"), "validations")).map(
    (rule) => String(fieldOf(rule, "message")).split(":")[0] ?? "",
  );
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
