/** What the owner says of its load is right, and it says it soon, but never too often. */
import test, { type ExecutionContext } from "ava";
import {
  deleteStream,
  loadKey,
  LOAD_BUCKET,
  streamsOf,
  watchLoad,
  type LoadView,
  type LoadWatch,
} from "@troupe/protocol";
import { DIAMOND, Engine, SCOPE, SINGLE } from "../../support/engine.ts";
import { eventually } from "../../support/eventually.ts";
import { json, WorkFailure } from "../../support/scripted-agent.ts";

const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

/** Waits until what is known fits, and gives it. */
async function until(
  t: ExecutionContext,
  watch: LoadWatch,
  what: string,
  fits: (view: LoadView) => boolean,
): Promise<LoadView> {
  try {
    await eventually(what, () => fits(watch.known(SCOPE)));
  } catch (error) {
    t.log(JSON.stringify(watch.known(SCOPE)));
    throw error;
  }
  return watch.known(SCOPE);
}

test.serial("jobs and blocks are counted by group and template hash, from their submission to their end", async (t) => {
  await using engine = await Engine.start(DIAMOND);
  using watch = await watchLoad(engine.bus, () => undefined);
  await engine.coordinator();
  const idle = await until(t, watch, "an idle load is heard", ({ load }) => load !== null);
  const { id, groups } = engine.revision;
  const [hash] = groups.map(({ templateHash }) => templateHash);
  t.like(idle.load, { revision: id, suspended: false, revisions: {}, full: null });
  t.deepEqual(idle.load?.jobs, { queued: 0, running: 0, done: 0, failed: 0, cancelled: 0 });
  t.deepEqual(
    idle.load?.groups.map(({ name, queued, lastBusyAt }) => ({ name, queued, lastBusyAt })),
    ["g1", "g2", "g3"].map((name) => ({ name, queued: 0, lastBusyAt: null })),
  );

  for (const index of numbers(5)) await engine.submit(`j${index}`, 1);
  const queued = await until(t, watch, "five jobs are queued", ({ load }) => load?.jobs.queued === 5);
  t.deepEqual(queued.load?.revisions, { [id]: 5 });
  t.is(queued.load?.groups.find(({ name }) => name === "g1")?.queued, 5);
  for (const group of queued.load?.groups ?? []) t.deepEqual(group.pinned, { [hash!]: 5 }, group.name);
  t.true((queued.load?.groups[0]?.lastBusyAt ?? 0) > 0);

  let release: () => void = () => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  await engine.agent("g1", {
    permits: 2,
    work: async () => {
      await released;
      return json(1);
    },
  });
  const running = await until(t, watch, "two run", ({ load }) => load?.jobs.running === 2);
  t.is(running.load?.jobs.queued, 3);
  t.like(running.load?.groups[0], { queued: 3, running: 2, ready: { [hash!]: 1 } });
  t.like(running.groups.get("g1")?.replicas[0], { name: "g1-0", state: "ready", permits: 2, busy: 2, problem: null });

  release();
  await Promise.all(["g2", "g3"].map(async (group) => engine.agent(group)));
  const done = await until(t, watch, "all are done", ({ load }) => load?.jobs.done === 5);
  t.deepEqual(done.load?.jobs, { queued: 0, running: 0, done: 5, failed: 0, cancelled: 0 });
  const free = await until(t, watch, "nothing is pinned", ({ load }) =>
    (load?.groups ?? []).every(({ pinned }) => Object.keys(pinned).length === 0),
  );
  t.deepEqual(free.load?.revisions, {});
});

test.serial("however fast jobs come and go, at most four loads a second are written", async (t) => {
  await using engine = await Engine.start(SINGLE);
  let loads = 0;
  engine.bus.subscribe(`$KV.${LOAD_BUCKET}.${loadKey(SCOPE)}`, () => loads++);
  using watch = await watchLoad(engine.bus, () => undefined);
  await engine.coordinator();
  await engine.agent("g1");
  const startedAt = performance.now();
  const before = loads;
  // One after another: every one of them takes all counts from zero and back.
  let jobs = 0;
  for (; jobs <= 50 || performance.now() - startedAt < 3_000; jobs++) {
    await engine.submit(`j${jobs}`, 1);
    await engine.outcome(`j${jobs}`);
  }
  const seconds = (performance.now() - startedAt) / 1_000;
  const written = loads - before;
  t.log(`${jobs} jobs in ${seconds.toFixed(1)} s, ${written} loads written`);
  t.true(written <= 4 * seconds + 2, `${written} loads in ${seconds} s`);
  await until(t, watch, "all are counted", ({ load }) => load?.jobs.done === jobs);
});

test.serial("what goes wrong in a replica is told, also when the replica is gone", async (t) => {
  await using engine = await Engine.start(SINGLE);
  using watch = await watchLoad(engine.bus, () => undefined);
  await engine.coordinator();
  const agent = await engine.agent("g1", { replica: "broken" });
  agent.state = "broken";
  agent.problem = { code: "BootstrapFailed", message: "no such file: model.bin", kind: "retryable" };
  agent.beat();
  const broken = await until(t, watch, "the problem is told", ({ groups }) =>
    (groups.get("g1")?.replicas ?? []).some(({ problem }) => problem?.code === "BootstrapFailed"),
  );
  t.like(broken.groups.get("g1")?.replicas[0], { name: "broken", state: "broken" });
  t.deepEqual(broken.load?.groups[0]?.ready, {});
  await agent[Symbol.asyncDispose]();
  const dying = await engine.agent("g1", {
    replica: "dying",
    work: () => {
      throw new WorkFailure({ code: "HostOutOfMemory", message: "the host ran out of memory" });
    },
  });
  await engine.submit("a", 1);
  const gone = await until(t, watch, "the silent one is gone", ({ groups }) => groups.get("g1")?.recent.length === 3);
  t.deepEqual(
    gone.groups
      .get("g1")
      ?.recent.map(({ replica, code }) => `${replica} ${code}`)
      .toSorted(),
    ["broken BootstrapFailed", "broken ReplicaLost", "dying HostOutOfMemory"],
  );

  dying.state = "draining";
  dying.beat();
  await until(t, watch, "it drains", ({ groups }) => groups.get("g1")?.replicas[0]?.state === "draining");
  await dying[Symbol.asyncDispose]();
  const left = await until(t, watch, "it is gone", ({ groups }) => groups.get("g1")?.replicas.length === 0);
  t.is(left.groups.get("g1")?.recent.length, 3, "to leave in good order is no problem");
});

test.serial("a new owner's load replaces the former's, with totals since the beginning", async (t) => {
  await using engine = await Engine.start(SINGLE);
  using watch = await watchLoad(engine.bus, () => undefined);
  const first = await engine.coordinator();
  await engine.agent("g1");
  for (const index of numbers(3)) await engine.submit(`j${index}`, 1);
  const former = await until(t, watch, "three are done", ({ load }) => load?.jobs.done === 3);
  const epoch = former.load?.epoch ?? 0;
  await first[Symbol.asyncDispose]();
  await engine.coordinator({ id: "coordinator-1" });
  const second = await until(t, watch, "the new owner speaks", ({ load }) => load?.epoch === epoch + 1);
  t.is(second.load?.jobs.done, 3);
  t.true(second.load?.coordinator.startsWith("coordinator-1."));
});

test.serial("a journal that is lost is told, with the cure", async (t) => {
  await using engine = await Engine.start(SINGLE);
  using watch = await watchLoad(engine.bus, () => undefined);
  const coordinator = await engine.coordinator();
  await engine.submit("a", 1);
  await deleteStream(engine.bus, streamsOf(SCOPE).journal);
  await engine.askOnce("submit", 2);
  await coordinator.says("stalled");
  const { stalled } = await until(t, watch, "the stall is told", (view) => view.stalled !== null);
  t.is(stalled?.reason, "JournalLost");
  t.regex(stalled?.message ?? "", /Restore the NATS server's storage/);
});
