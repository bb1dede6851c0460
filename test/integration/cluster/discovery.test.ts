/** Coordinators find the pipelines that are applied, share them, and take over from each other. Real processes. */
import test from "ava";
import { scopeKey, type Scope } from "@troupe/protocol";
import { rank } from "../../../coordinator/src/placement/preference.ts";
import { eventually } from "../../support/eventually.ts";
import { Fleet, scopeNamed } from "../../support/fleet.ts";

const NAMES = ["coordinator-0", "coordinator-1", "coordinator-2"];
const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

async function owners(fleet: Fleet, scopes: readonly Scope[]): Promise<(string | null)[]> {
  return Promise.all(scopes.map(async (scope) => fleet.ownerOf(scope)));
}

const preferred = (scopes: readonly Scope[], names: readonly string[]): string[] =>
  scopes.map((scope) => rank(scopeKey(scope), names)[0]!);

test.serial("a pipeline is served as soon as it is applied, and only in the namespaces that are named", async (t) => {
  await using fleet = await Fleet.start();
  const coordinator = fleet.coordinator("coordinator-0", { TROUPE_NAMESPACES: "team-a,team-b" });
  const [a, b, c] = ["team-a", "team-b", "team-c"].map((namespace) => scopeNamed("film", namespace)) as [
    Scope,
    Scope,
    Scope,
  ];
  for (const scope of [c, a, b]) await fleet.apply(scope);
  for (const scope of [a, b]) {
    t.is((await fleet.ask(scope, "submit", 1, "j1")).id, "j1");
    await fleet.agent(scope);
    t.deepEqual((await fleet.outcome(scope, "j1"))["result"], { A: "A(1)" });
  }
  t.is(await fleet.ownerOf(c), null);
  t.is(coordinator.said("found a pipeline").length, 2);
});

test.serial(
  "three coordinators share pipelines; when one dies, the others take its, and give them back when it returns",
  async (t) => {
    await using fleet = await Fleet.start();
    const scopes = numbers(12).map((index) => scopeNamed(`p${index}`));
    for (const scope of scopes) await fleet.apply(scope);
    const processes = new Map(NAMES.map((name) => [name, fleet.coordinator(name)]));
    await eventually("all are owned by whom they belong to", async () => {
      const found = await owners(fleet, scopes);
      return preferred(scopes, NAMES).every((name, index) => found[index] === name);
    });
    const share = Map.groupBy(preferred(scopes, NAMES), (name) => name);
    t.is(share.size, 3, "each has some");

    const [scope] = scopes as [Scope];
    const [victim] = preferred(scopes, NAMES) as [string];
    await fleet.ask(scope, "submit", 1, "before");
    const mine = scopes.filter((_, index) => preferred(scopes, NAMES)[index] === victim);
    await processes.get(victim)!.kill();
    const rest = NAMES.filter((name) => name !== victim);
    const killedAt = performance.now();
    await eventually("the others have taken over", async () => {
      const found = await owners(fleet, mine);
      return preferred(mine, rest).every((name, index) => found[index] === name);
    });
    t.log(`${mine.length} pipelines were taken over within ${Math.round(performance.now() - killedAt)} ms`);
    await fleet.agent(scope);
    t.is((await fleet.outcome(scope, "before")).state, "done");

    fleet.coordinator(victim);
    await eventually(
      "it has its pipelines back",
      async () => {
        const found = await owners(fleet, scopes);
        return preferred(scopes, NAMES).every((name, index) => found[index] === name);
      },
      90_000,
    );
    t.is((await fleet.ask(scope, "submit", 2, "after")).id, "after");
    t.is((await fleet.outcome(scope, "after")).state, "done");
    t.is((await fleet.ask(scope, "status", { id: "before" })).state, "done");
  },
);

test.serial("jobs go on while their pipeline is handed over", async (t) => {
  await using fleet = await Fleet.start();
  const scope = numbers(50)
    .map((index) => scopeNamed(`p${index}`))
    .find((each) => rank(scopeKey(each), NAMES.slice(0, 2))[0] === "coordinator-1")!;
  await fleet.apply(scope);
  const first = fleet.coordinator("coordinator-0");
  const agent = await fleet.agent(scope, { permits: 4 });
  await fleet.ask(scope, "submit", 0, "warm");
  fleet.coordinator("coordinator-1");
  let jobs = 0;
  while (first.said("hands the pipeline over").length === 0 && jobs < 5_000) {
    await fleet.ask(scope, "submit", jobs, `j${jobs}`);
    jobs++;
  }
  await eventually("the other owns", async () => (await fleet.ownerOf(scope)) === "coordinator-1");
  for (const index of numbers(jobs)) t.is((await fleet.outcome(scope, `j${index}`)).state, "done");
  t.log(`${jobs} jobs, ${agent.worked.length} executions`);
  t.is(new Set(agent.worked).size, jobs + 1);
});
