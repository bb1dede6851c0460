/** How often the status of a busy pipeline is written: what its owner says changes all the time, what the API server has to store does not. */
import test, { type ExecutionContext } from "ava";
import { connectBus, writeLoad, type GroupLoad, type PipelineLoad } from "@troupe/protocol";
import { COUNTER_MS, NEWS_COUNT, NEWS_MS } from "../../../operator/src/children/status-pace.ts";
import { eventually } from "../../support/eventually.ts";
import { auditedWrites } from "./audited-writes.ts";
import { sayLoad } from "./scripted-load.ts";
import { sharedWorld } from "./shared-world.ts";
import { Place } from "./world.ts";

const world = sharedWorld();

const GROUPS = ["g1", "g2"];
const SPEC = {
  source: { image: "example.test/modules:1" },
  modules: [
    { name: "A", type: "example", group: "g1" },
    { name: "B", type: "example", group: "g2", dependsOn: ["A"] },
  ],
};
const JOBS_A_SECOND = 3_000;
/** An owner says it every 250 ms at most; here it is said more often. */
const EVERY_MS = 50;
/** Two writes of counters have to fall into it, whatever was before. */
const WINDOW_MS = 2 * COUNTER_MS + 5_000;

type Moment = Pick<PipelineLoad, "jobs" | "groups">;

/** What an owner says after so many milliseconds in which it ended 3,000 jobs a second. @param flickers whether nothing waits or runs every other time */
function momentOf(elapsedMs: number, turn: number, flickers: boolean): Moment {
  const done = 1 + Math.round((JOBS_A_SECOND * elapsedMs) / 1_000);
  const [queued, running] = flickers && turn % 2 === 0 ? [0, 0] : [1 + (done % 97), 1 + (done % 13)];
  const group = (name: string): GroupLoad => ({ name, queued, running, ready: {}, pinned: {}, lastBusyAt: Date.now() });
  return { jobs: { queued, running, done, failed: 0, cancelled: 0 }, groups: GROUPS.map(group) };
}

interface Counted {
  readonly elapsedMs: number;
  /** Of the Pipeline, and of its Groups together. */
  readonly pipeline: number;
  readonly groups: number;
  readonly said: number;
  readonly moments: readonly number[];
}

/** Counts writes of statuses while jobs run, after the first of them were seen. */
async function countWrites(t: ExecutionContext, flickers: boolean): Promise<Counted> {
  t.timeout(240_000);
  const place = await Place.in(world);
  const { metadata } = await place.applyPipeline("p", SPEC);
  using calm = sayLoad(world, place, metadata.uid);
  await eventually("the Groups", async () => (await place.groups()).length === GROUPS.length);
  await place.readyPods("troupe.dev/pipeline=p", GROUPS.length);
  await place.until("pipeline", "p", "Ready", "True AllGroupsReady");
  calm.hush();

  await using bus = await connectBus({ url: world.nats.url, name: "busy owner" });
  const revision = (await place.pipeline("p"))?.status?.revision ?? null;
  const base = { epoch: 2, coordinator: "c", since: 0, suspended: false, revisions: {}, full: null, revision };
  const scope = { namespace: place.namespace, pipeline: "p", uid: metadata.uid };
  const beganMs = performance.now();
  let said = 0;
  const timer = setInterval(() => {
    said += 1;
    writeLoad(bus, scope, { ...base, at: Date.now(), ...momentOf(performance.now() - beganMs, said, flickers) });
  }, EVERY_MS);
  try {
    const doneIs = async (least: number): Promise<boolean> =>
      ((await place.pipeline("p"))?.status?.jobs?.done ?? 0) >= least;
    await eventually("jobs are counted", async () => doneIs(1));
    const fromMs = Date.now();
    const done = (await place.pipeline("p"))?.status?.jobs?.done ?? 0;
    await eventually("the window is over", () => Date.now() - fromMs >= WINDOW_MS, 2 * WINDOW_MS);
    const untilMs = Date.now();
    await eventually("later ones are counted as well", async () => doneIs(done + 1));
    const writes = (await auditedWrites(world, place.namespace)).filter(
      ({ receivedMs, subresource }) => subresource === "status" && receivedMs > fromMs && receivedMs <= untilMs,
    );
    const of = (resource: string): number => writes.filter((write) => write.resource === resource).length;
    const moments = writes
      .filter(({ resource }) => resource === "pipelines")
      .map(({ receivedMs }) => receivedMs - fromMs);
    return { elapsedMs: untilMs - fromMs, pipeline: of("pipelines"), groups: of("groups"), said, moments };
  } finally {
    clearInterval(timer);
  }
}

/** Writes that one object may have in a time: none sooner than the pace after the one before. */
function paced(elapsedMs: number): number {
  return 1 + Math.floor(elapsedMs / COUNTER_MS);
}

test("counts that change at 3,000 jobs/s cost a status write every 15 s", async (t) => {
  const counted = await countWrites(t, false);
  t.log(counted);
  t.true(counted.pipeline <= paced(counted.elapsedMs));
  t.true(counted.groups <= GROUPS.length * paced(counted.elapsedMs));
});

test("counts that go from and to zero several times a second cost a few more, and no more than that", async (t) => {
  const counted = await countWrites(t, true);
  t.log(counted);
  const most = paced(counted.elapsedMs) + NEWS_COUNT * (1 + Math.floor(counted.elapsedMs / NEWS_MS));
  t.true(counted.pipeline <= most);
  t.true(counted.groups <= GROUPS.length * most);
});
