/** What lies in NATS is brought to a replica once, whoever of its actors asks, and read there by each. */
import { connectBus, streamsOf, type Bus } from "@troupe/protocol";
import { actor, kill, put, startActors } from "@troupe/sdk";
import test from "ava";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Predictor } from "../../conformance/actors/classes.ts";
import { eventually } from "../../support/eventually.ts";
import { FREE_SCOPE, nurseryProcess, registryProcess } from "../../support/free-group.ts";
import { testNats } from "../../support/nats.ts";

const MODEL = new Float64Array(1_000_000).map((_, index) => index);
const SUM = (999_999 * 1_000_000) / 2;

const cleanup = new AsyncDisposableStack();
const nats = cleanup.use(await testNats());
const bus = cleanup.use(await connectBus({ url: nats.url, name: "test" }));
cleanup.use(await registryProcess(nats.url, "c-0"));
test.after.always(async () => cleanup.disposeAsync());

function folderHere(): string {
  const folder = mkdtempSync(join(tmpdir(), "troupe-test-"));
  cleanup.defer(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

/** Every piece of an object is asked for by a request of its own: counts them, by subject. */
function requests(of: Bus): { readonly counts: Map<string, number>; stop(): void } {
  const counts = new Map<string, number>();
  const subscription = of.subscribe(`$JS.API.DIRECT.GET.${streamsOf(FREE_SCOPE).blobs}.>`, ({ subject }) => {
    counts.set(subject, (counts.get(subject) ?? 0) + 1);
  });
  return {
    counts,
    stop: () => {
      subscription.unsubscribe();
    },
  };
}

test.serial("one download for all actors of a replica, and nothing is left when it is released", async (t) => {
  const folder = folderHere();
  const replica = await nurseryProcess(nats.url, "a", { env: { TROUPE_OBJECTS: folder } });
  cleanup.use(replica);
  await using _group = await startActors({ nats: nats.url, group: FREE_SCOPE.pipeline });
  const heard = requests(bus);
  const ref = await put(MODEL);
  const predictors = await Promise.all([1, 2, 3].map(async () => actor(Predictor, [ref])));
  t.deepEqual(await Promise.all(predictors.map(async (each) => each.sum())), [SUM, SUM, SUM]);
  t.true(await predictors[0]?.isOne([ref, ref]), "in memory that threads share");
  await bus.flush();
  heard.stop();
  t.true(heard.counts.size >= 8, "8 MB are in pieces of a MB at most");
  t.deepEqual(new Set(heard.counts.values()), new Set([1]), "each of which was asked for once");
  t.is(readdirSync(folder).length, 1);
  const metrics = await replica.answers("/metrics", 200);
  t.regex(metrics, /^troupe_replica_objects_fetched_total\{.*\} 1$/m);
  t.regex(metrics, /^troupe_replica_object_bytes\{.*\} 8000000$/m);

  const [first, ...others] = predictors;
  await Promise.all(others.map(async (each) => kill(each)));
  t.is(await first?.sumOf({ nested: [ref] }), SUM, "it is there for those who live");
  t.is(readdirSync(folder).length, 1);
  if (first !== undefined) await kill(first);
  await eventually("it goes with the last who held it", () => readdirSync(folder).length === 0);
  await replica.end();
});

test.serial("a folder that is full: every actor reads for itself, and the log says so", async (t) => {
  const folder = folderHere();
  const env = { TROUPE_OBJECTS: folder, TROUPE_OBJECT_BYTES: "5000000" };
  const replica = await nurseryProcess(nats.url, "b", { env });
  cleanup.use(replica);
  await using _group = await startActors({ nats: nats.url, group: FREE_SCOPE.pipeline });
  using large = await put(MODEL);
  using small = await put(MODEL.subarray(0, 500_000));
  const predictors = await Promise.all([1, 2].map(async () => actor(Predictor, [large])));
  t.deepEqual(await Promise.all(predictors.map(async (each) => each.sum())), [SUM, SUM]);
  const another = await actor(Predictor, [small]);
  t.is(await another.sum(), (499_999 * 500_000) / 2);
  t.is(readdirSync(folder).length, 1, "what fits has its file");
  await eventually("it is said", () => replica.output.includes("gets no file"));
  t.is(replica.output.match(/gets no file/g)?.length, 1, "once");
  await replica.end();
});
