/** The end of a pipeline leaves nothing in NATS, also while it is busy; and what was left behind is found. */
import test from "ava";
import {
  deletePipelineState,
  ensureStream,
  listPipelineStates,
  scopeKey,
  streamsOf,
  subjectsOf,
  sweepPipelineStates,
  type Scope,
} from "@troupe/protocol";
import { eventually } from "../../support/eventually.ts";
import { Fleet, scopeNamed } from "../../support/fleet.ts";

const keysOf = (scopes: readonly Scope[]): string[] => scopes.map(scopeKey).toSorted();

test.serial("a busy pipeline is deleted without a trace, and its neighbour goes on", async (t) => {
  await using fleet = await Fleet.start();
  const [film, other] = [scopeNamed("film"), scopeNamed("other")];
  for (const scope of [film, other]) await fleet.apply(scope);
  const coordinators = ["coordinator-0", "coordinator-1"].map((id) => fleet.coordinator(id));
  for (const coordinator of coordinators) await coordinator.says("found a pipeline", 2);
  await fleet.agent(other);
  await fleet.ask(other, "submit", 1, "before");
  await fleet.ask(film, "submit", 1, "j");
  const over = new AbortController();
  const busy = (async () => {
    for (let job = 0; !over.signal.aborted; job++)
      await fleet.askOnce(film, "submit", job, { "Troupe-Job-Id": `j${job}` });
  })();
  await deletePipelineState(fleet.bus, film);
  over.abort();
  await busy;
  for (const coordinator of coordinators) {
    await coordinator.says("leaves a pipeline");
    t.deepEqual(coordinator.said("stalled"), [], "its end is no loss");
  }
  t.deepEqual(keysOf(await listPipelineStates(fleet.bus)), [scopeKey(other)]);
  t.is((await fleet.outcome(other, "before")).state, "done");

  await fleet.apply(film);
  t.is((await fleet.ask(film, "submit", 2, "j")).id, "j", "it can be made again, and knows nothing of before");
  t.is((await fleet.ask(film, "result", { id: "j" })).state, "pending");
});

test.serial("deleting what is not there does no harm, and what belongs to no living pipeline is swept", async (t) => {
  await using fleet = await Fleet.start();
  const [alive, dead, half] = [scopeNamed("alive"), scopeNamed("dead"), scopeNamed("half")];
  await deletePipelineState(fleet.bus, dead);
  t.deepEqual(await listPipelineStates(fleet.bus), []);
  for (const scope of [alive, dead]) await fleet.apply(scope);
  const coordinator = fleet.coordinator("coordinator-0");
  await coordinator.until("owns both", () => coordinator.said("owns the pipeline").length === 2);
  // One stream alone, as when somebody was interrupted while deleting.
  const subjects = [subjectsOf(half).allBlobs];
  await ensureStream(fleet.bus, { name: streamsOf(half).blobs, subjects, maxBytes: 1 << 20, discard: "new" });
  const swept = await sweepPipelineStates(fleet.bus, new Set([alive.uid]));
  t.deepEqual(keysOf(swept), keysOf([dead, half]));
  t.deepEqual(keysOf(await listPipelineStates(fleet.bus)), [scopeKey(alive)]);
  await eventually("the living one is served", async () => (await fleet.ask(alive, "submit", 1, "j")).id === "j");
});
