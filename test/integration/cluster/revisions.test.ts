/** A pipeline changes while jobs are in flight: none is lost, none is run by the wrong code. Suspending and retiring. */
import test from "ava";
import type { Revision } from "@troupe/model";
import { DEFAULT_CONTROL, deleteRevision, readRevision, watchLoad, writeControl } from "@troupe/protocol";
import { eventually } from "../../support/eventually.ts";
import { Fleet, revisionFor, scopeNamed } from "../../support/fleet.ts";
import { json, type ScriptedAgent, type Work } from "../../support/scripted-agent.ts";

const SCOPE = scopeNamed("film");
const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

/** Answers with the template hash of the replica that ran it. */
function sayHash(hash: string): Work {
  return () => json(hash);
}

/** Of which so few jobs may be open that submissions are refused again and again while it runs: what was refused was never accepted. */
function crowded(revision: Revision): Revision {
  return { ...revision, jobs: { ...revision.jobs, maxInFlight: 15 } };
}

async function replica(fleet: Fleet, revision: Revision, name: string): Promise<ScriptedAgent> {
  const hash = revision.groups[0]!.templateHash;
  return fleet.agent(SCOPE, { revision, replica: name, permits: 4, work: sayHash(hash) });
}

test.serial("the revision changes three times under load, back and forth, and every job runs on its own", async (t) => {
  await using fleet = await Fleet.start();
  const revisions = ["hash-1", "hash-2", "hash-1", "hash-3"].map((hash) => crowded(revisionFor(SCOPE, hash)));
  await fleet.apply(SCOPE, revisions[0]);
  fleet.coordinator("coordinator-0");
  using watch = await watchLoad(fleet.bus, () => undefined);
  const known = new Map<string, string>();
  for (const revision of revisions) known.set(revision.id, revision.groups[0]!.templateHash);
  t.is(known.size, 3);
  for (const [index, hash] of ["hash-1", "hash-2", "hash-3"].entries())
    await replica(fleet, crowded(revisionFor(SCOPE, hash)), `pod-${index}`);

  const accepted = new Map<string, string>();
  let jobs = 0;
  for (const revision of revisions) {
    await fleet.apply(SCOPE, revision);
    for (let isNew = false; !isNew;) {
      const ids = numbers(20).map(() => `j${jobs++}`);
      const answers = await Promise.all(ids.map(async (id) => fleet.submit(SCOPE, id, 1)));
      for (const answer of answers) accepted.set(answer.id, answer.revision);
      isNew = answers.every((answer) => answer.revision === revision.id);
    }
  }
  for (const [id, revision] of accepted) {
    const outcome = await fleet.outcome(SCOPE, id);
    t.is(outcome.state, "done", id);
    t.deepEqual(outcome["result"], { A: known.get(revision) }, `${id} was accepted for ${revision}`);
  }
  t.log(`${accepted.size} jobs on ${new Set(accepted.values()).size} revisions`);
  t.is(new Set(accepted.values()).size, 3);
  await eventually("nothing is pinned", () => {
    const load = watch.known(SCOPE).load;
    return load?.revision === revisions[3]!.id && Object.keys(load.revisions).length === 0;
  });
});

test.serial(
  "what the old revision still needs is counted, until it is retired; then its jobs can be retried on the new one",
  async (t) => {
    await using fleet = await Fleet.start();
    const [old, next] = ["hash-1", "hash-2"].map((hash) => revisionFor(SCOPE, hash)) as [Revision, Revision];
    await fleet.apply(SCOPE, old);
    fleet.coordinator("coordinator-0");
    using watch = await watchLoad(fleet.bus, () => undefined);
    for (const index of numbers(3)) await fleet.ask(SCOPE, "submit", 1, `old-${index}`);
    await fleet.apply(SCOPE, next);
    await eventually("the new revision is current", () => watch.known(SCOPE).load?.revision === next.id);
    t.is((await fleet.ask(SCOPE, "submit", 1, "new"))["revision"], next.id);
    await eventually("four jobs are counted", () => watch.known(SCOPE).load?.jobs.queued === 4);
    const load = watch.known(SCOPE).load!;
    t.deepEqual(load.revisions, { [old.id]: 3, [next.id]: 1 });
    t.deepEqual(load.groups[0]?.pinned, { "hash-1": 3, "hash-2": 1 });
    await replica(fleet, next, "pod-new");
    t.is((await fleet.outcome(SCOPE, "new")).state, "done");

    await writeControl(fleet.bus, SCOPE, { ...DEFAULT_CONTROL, retired: ["hash-1"] });
    for (const index of numbers(3)) {
      const { state, error } = await fleet.outcome(SCOPE, `old-${index}`);
      t.is(state, "failed");
      t.is(error?.code, "RevisionRetired");
      t.regex(error?.message ?? "", /retry the job, and it runs on the current revision/);
    }
    await eventually(
      "nothing is pinned",
      () => Object.keys(watch.known(SCOPE).load?.groups[0]?.pinned ?? { x: 1 }).length === 0,
    );
    await deleteRevision(fleet.bus, SCOPE, old.id);
    t.is(await readRevision(fleet.bus, SCOPE, old.id), null);
    for (const index of numbers(3)) {
      t.is((await fleet.ask(SCOPE, "retry", { id: `old-${index}` })).state, "running");
      t.deepEqual((await fleet.outcome(SCOPE, `old-${index}`))["result"], { A: "hash-2" });
    }
  },
);

test.serial("a suspended pipeline refuses what is new, finishes what is open, and changes no revision", async (t) => {
  await using fleet = await Fleet.start();
  const revision = await fleet.apply(SCOPE);
  const coordinator = fleet.coordinator("coordinator-0");
  using watch = await watchLoad(fleet.bus, () => undefined);
  await fleet.ask(SCOPE, "submit", 1, "before");
  await writeControl(fleet.bus, SCOPE, { ...DEFAULT_CONTROL, suspended: true });
  await eventually("it is suspended", () => watch.known(SCOPE).load?.suspended === true);
  const refused = await fleet.ask(SCOPE, "submit", 1, "meanwhile");
  t.is(refused.error?.code, "Suspended");
  t.regex(refused.error?.hint ?? "", /suspend: false/);
  await fleet.agent(SCOPE);
  t.is((await fleet.outcome(SCOPE, "before")).state, "done");
  await coordinator.kill();
  fleet.coordinator("coordinator-1");
  t.is((await fleet.ask(SCOPE, "submit", 1, "meanwhile")).error?.code, "Suspended", "the next owner knows it");
  await writeControl(fleet.bus, SCOPE, DEFAULT_CONTROL);
  await eventually("it goes on", async () => (await fleet.ask(SCOPE, "submit", 1, "after")).error === undefined);
  t.is((await fleet.outcome(SCOPE, "after")).state, "done");
  t.is(watch.known(SCOPE).load?.revision, revision.id);
});
