/** The load bucket by itself: what is written is heard, what is old is unknown, and who was replaced has no say. */
import test from "ava";
import {
  connectBus,
  ensureBuckets,
  LOAD_BUCKET,
  loadKey,
  watchLoad,
  writeGroupReport,
  writeLoad,
  writeStall,
  type GroupReport,
  type PipelineLoad,
  type Scope,
} from "@troupe/protocol";
import { eventually } from "../../support/eventually.ts";
import { testNats } from "../../support/nats.ts";

const SCOPE: Scope = { namespace: "ns", pipeline: "film", uid: "u1" };

function load(epoch: number, queued: number): PipelineLoad {
  return {
    epoch,
    coordinator: "c",
    at: 1,
    since: 1,
    revision: "r1",
    suspended: false,
    jobs: { queued, running: 0, done: 0, failed: 0, cancelled: 0 },
    revisions: {},
    groups: [],
    full: null,
  };
}

const REPORT: GroupReport = { group: "g1", epoch: 2, replicas: [], recent: [] };

test("what is written is heard at once; what was there before is of unknown age", async (t) => {
  await using nats = await testNats();
  await using bus = await connectBus({ url: nats.url, name: "test" });
  await ensureBuckets(bus);
  writeLoad(bus, SCOPE, load(1, 5));
  writeStall(bus, SCOPE, { coordinator: "c", reason: "JournalLost", message: "m", at: 1 });
  await bus.flush();
  const heard: Scope[] = [];
  using watch = await watchLoad(bus, (scope) => heard.push(scope));
  t.deepEqual(heard, [SCOPE, SCOPE]);
  t.is(watch.known(SCOPE).load, null);
  t.is(watch.known(SCOPE).stalled, null);
  t.is(watch.last(SCOPE).load?.jobs.queued, 5);
  t.is(watch.last(SCOPE).stalled?.reason, "JournalLost");

  writeLoad(bus, SCOPE, load(2, 6));
  writeGroupReport(bus, SCOPE, REPORT);
  await eventually("both are heard", () => heard.length === 4);
  t.is(watch.known(SCOPE).load?.jobs.queued, 6);
  t.deepEqual(watch.known(SCOPE).groups.get("g1"), REPORT);
});

test("a former owner, and what cannot be read, change nothing", async (t) => {
  await using nats = await testNats();
  await using bus = await connectBus({ url: nats.url, name: "test" });
  await ensureBuckets(bus);
  let heard = 0;
  using watch = await watchLoad(bus, () => heard++);
  writeGroupReport(bus, SCOPE, REPORT);
  writeLoad(bus, SCOPE, load(3, 1));
  writeLoad(bus, SCOPE, load(2, 9));
  bus.publish(`$KV.${LOAD_BUCKET}.${loadKey(SCOPE)}`, new TextEncoder().encode('{"epoch":"x"}'));
  bus.publish(`$KV.${LOAD_BUCKET}.${loadKey(SCOPE)}`, new TextEncoder().encode("no JSON"));
  await eventually("all are heard", () => heard === 5);
  t.is(watch.known(SCOPE).load?.jobs.queued, 1);
  t.is(watch.known(SCOPE).groups.size, 0, "the report of epoch 2 is not the owner's of epoch 3");
});

test("a watch hears again after the server was restarted, and needs no bucket", async (t) => {
  await using nats = await testNats();
  await using bus = await connectBus({ url: nats.url, name: "test" });
  let heard = 0;
  using watch = await watchLoad(bus, () => heard++);
  await nats.restart();
  await eventually("the connection is back", () => bus.status === "connected");
  writeLoad(bus, SCOPE, load(1, 4));
  await eventually("it is heard", () => heard > 0);
  t.is(watch.known(SCOPE).load?.jobs.queued, 4);
});
