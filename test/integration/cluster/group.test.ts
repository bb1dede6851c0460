/** A free-standing Group as a cluster runs it: pods with nurseries, coordinators that find it, and a caller from outside; all with credentials. */
import {
  actor,
  actorInfo,
  ActorPool,
  ActorRefusedError,
  chunk,
  kill,
  listActors,
  put,
  startActors,
  task,
  type ActorHandle,
  type Actors,
} from "@troupe/sdk";
import {
  ensureBuckets,
  inboxOf,
  projectGroup,
  seenGroupMark,
  streamsOf,
  streamState,
  watchLoad,
  type Bus,
  type Scope,
} from "@troupe/protocol";
import test from "ava";
import { resolve } from "node:path";
import {
  clientPermissions,
  COORDINATOR_PERMISSIONS,
  freeGroupPermissions,
  OPERATOR_PERMISSIONS,
} from "../../../operator/src/credentials/index.ts";
import { Counter } from "../../conformance/actors/classes.ts";
import { add } from "../../conformance/modules/chunks.ts";
import { eventually } from "../../support/eventually.ts";
import { Pod } from "../../support/pods.ts";
import { SecureNats } from "../../support/secure-nats.ts";

const SCOPE: Scope = { namespace: "team", pipeline: "workers", uid: "u1" };
const MODULES = resolve(import.meta.dirname, "../../conformance/actors");

/** As the operator says it. */
async function mark(replicas: number, isAutoscaled: boolean): Promise<void> {
  await projectGroup(operator, SCOPE, { replicas, isAutoscaled }, await seenGroupMark(operator, SCOPE));
}

let nats: SecureNats;
let operator: Bus;
let group: Actors;
const cleanup = new AsyncDisposableStack();
const pods = new Map<string, Pod>();

async function startPod(name: string): Promise<Pod> {
  const pod = await Pod.start({
    program: "nursery",
    env: {
      TROUPE_NATS_URL: nats.url,
      TROUPE_NATS_CREDS: await nats.credentials(inboxOf(SCOPE, SCOPE.pipeline), freeGroupPermissions(SCOPE)),
      TROUPE_NAMESPACE: SCOPE.namespace,
      TROUPE_GROUP: SCOPE.pipeline,
      TROUPE_UID: SCOPE.uid,
      TROUPE_REPLICA: name,
      TROUPE_MODULES: MODULES,
      TROUPE_CPUS: "4",
      TROUPE_DRAIN_MS: "20000",
    },
  });
  pods.set(name, pod);
  return pod;
}

async function startCoordinator(name: string): Promise<Pod> {
  const pod = await Pod.start({
    program: "coordinator",
    env: {
      TROUPE_NATS_URL: nats.url,
      TROUPE_NATS_CREDS: await nats.credentials(name, COORDINATOR_PERMISSIONS),
      TROUPE_COORDINATOR_ID: name,
      // What is put may take 128 MiB at most, and 16 to begin with.
      TROUPE_STREAM_BYTES: "208Mi",
    },
  });
  pods.set(name, pod);
  return pod;
}

test.before(async () => {
  nats = cleanup.use(await SecureNats.start());
  cleanup.defer(async () => {
    for (const pod of pods.values()) await pod[Symbol.asyncDispose]();
  });
  operator = await nats.connect("operator", OPERATOR_PERMISSIONS);
  cleanup.defer(async () => operator.close());
  await ensureBuckets(operator);
  for (const name of ["c-0", "c-1"]) await startCoordinator(name);
  for (const name of ["workers-a", "workers-b"]) await startPod(name);
  await mark(2, false);
  const creds = await nats.credentials("client", clientPermissions("team"));
  group = await startActors({ nats: nats.url, creds, namespace: "team", group: "workers" });
  cleanup.defer(async () => group.close());
});

test.after.always(async () => cleanup.disposeAsync());

const replicaOf = async (handle: object): Promise<string> => (await actorInfo(handle)).replica ?? "";

test.serial("actors live in both pods, and are called from outside", async (t) => {
  t.is(group.local, null, "nothing was started here");
  const counters = await Promise.all([actor(Counter, [1]), actor(Counter, [2])]);
  t.deepEqual(await Promise.all(counters.map(async (counter) => counter.increment(10))), [11, 12]);
  t.deepEqual((await Promise.all(counters.map(replicaOf))).toSorted(), ["workers-a", "workers-b"]);
});

test.serial("a pool and a map run over the group, with what is exported and with what stands here", async (t) => {
  const pool = new ActorPool(await Promise.all([0, 0].map(async () => actor(Counter))));
  const sums: unknown[] = [];
  for await (const sum of pool.map(async (counter, by) => counter.increment(by), [1, 2, 3, 4])) sums.push(sum);
  t.is(sums.length, 4);
  // The pods have no such file: it needs nothing of it, so it goes along.
  t.deepEqual(
    await chunk(
      add,
      [
        [1, 4],
        [2, 5],
      ],
      { chunkSize: 2 },
    ),
    [5, 7],
  );
  t.is(await task((n: number) => 2 * n, 21), 42);
});

test.serial("large arguments and results pass, and what was stored for them goes", async (t) => {
  const echo = await actor(
    class Echo {
      back(bytes: Uint8Array): Uint8Array {
        return bytes;
      }
    },
  );
  const bytes = new Uint8Array(3_000_000).fill(7);
  t.true(Buffer.from(await echo.back(bytes)).equals(bytes));
  const { blobs } = streamsOf(SCOPE);
  await eventually("nothing is stored", async () => (await streamState(operator, blobs))?.bytes === 0);
});

test.serial(
  "a pod that is deleted ends its actors with a reason; those that may begin anew do so on the other",
  async (t) => {
    const durable = await actor(Counter, [5], { maxRestarts: 3, maxTaskRetries: 3 });
    await durable.increment();
    const from = await replicaOf(durable);
    const mortal = await eventuallyOn(from);
    t.is(await pods.get(from)!.end(), 0);
    const error = await t.throwsAsync(mortal.increment(), { name: "ActorDiedError" });
    t.regex(error.message, new RegExp(`replica ${from} was ended`));
    t.is(await durable.increment(), 6, "from its constructor's arguments");
    t.not(await replicaOf(durable), from);
    await startPod(from);
  },
);

test.serial("what is put lies in NATS once, is read by every process, and goes with the last reference", async (t) => {
  // A reference that was sent is held for a minute, and a new owner listens for as long.
  t.timeout(240_000);
  const table = await put(new Float64Array(200_000).fill(0.5));
  class Reader {
    readonly #table: Float64Array;
    constructor(table: Float64Array) {
      this.#table = table;
    }
    sum(): number {
      return this.#table.reduce((sum, value) => sum + value, 0);
    }
  }
  const readers = await Promise.all([0, 1].map(async () => actor(Reader, [table])));
  t.deepEqual(await Promise.all(readers.map(async (reader) => reader.sum())), [100_000, 100_000]);
  const { blobs } = streamsOf(SCOPE);
  const bytes = async (): Promise<number> => (await streamState(operator, blobs))?.bytes ?? 0;
  const stored = await bytes();
  t.true(stored > 1_600_000 && stored < 3_200_000, "once");
  table.release();
  await Promise.all(readers.map(async (reader) => kill(reader)));
  await eventually("it is gone", async () => (await bytes()) < 1_000, 180_000);
});

test.serial("there is room for what is put as long as the streams may grow", async (t) => {
  const { blobs } = streamsOf(SCOPE);
  const sizes: number[] = [];
  for (let part = 0; part < 4; part++) {
    await put(new Uint8Array(11_000_000));
    await eventually("there is room again", async () => {
      const { bytes, maxBytes } = (await streamState(operator, blobs)) ?? { bytes: 0, maxBytes: 0 };
      sizes.push(maxBytes);
      return bytes < maxBytes / 2;
    });
  }
  t.true(Math.max(...sizes) > Math.min(...sizes));
});

test.serial("a pod that is killed is missed, and so are its actors", async (t) => {
  const durable = await actor(Counter, [5], { maxRestarts: 3, maxTaskRetries: 3 });
  const from = await replicaOf(durable);
  const mortal = await eventuallyOn(from);
  const call = mortal.block(60_000);
  await eventually("it runs", async () => (await actorInfo(mortal)).facts?.running.length === 1);
  await pods.get(from)!.kill();
  const error = await t.throwsAsync(call, { name: "ActorDiedError" });
  t.regex(error.message, new RegExp(`replica ${from} has not been heard`));
  t.is(await durable.increment(), 6);
  t.not(await replicaOf(durable), from);
  await startPod(from);
});

test.serial("when the coordinator that owns the group dies, the other one goes on with what it knew", async (t) => {
  const named = await actor(Counter, [7], { name: "visits" });
  const told = async (pod: Pod | undefined): Promise<string> => (await pod?.get("/metrics"))?.text ?? "";
  await eventually("both know the group, and its owner counts its actors", async () => {
    const metrics = await Promise.all(["c-0", "c-1"].map(async (name) => told(pods.get(name))));
    const count = (line: RegExp): number => metrics.filter((text) => line.test(text)).length;
    return (
      count(/^troupe_group_actors\{.*group="workers".*state="running".*\} [1-9]/m) === 1 &&
      count(/^troupe_coordinator_groups\{.*\} 1$/m) === 2
    );
  });
  const owner = [...pods].find(([, { output }]) => output.includes("owns the group"));
  await owner![1].kill();
  t.is(await named.increment(), 8, "calls do not pass the registry");
  t.is((await actorInfo(named)).name, "visits");
  t.is(await (await actor(Counter, [1])).increment(), 2);
});

/** One without restarts on that replica. */
async function eventuallyOn(replica: string): Promise<ActorHandle<Counter>> {
  for (;;) {
    const made = await actor(Counter);
    if ((await replicaOf(made)) === replica) return made;
  }
}

test.serial("who finds no room is told what is missing", async (t) => {
  await Promise.all([actor(Counter, [1], { cpus: 3 }), actor(Counter, [2], { cpus: 3 })]);
  const full = await t.throwsAsync(actor(Counter, [3], { cpus: 3, startTimeoutMs: 2_000 }), {
    name: "ActorRefusedError",
    code: "NotStarted",
  });
  t.regex(full.message, /waited for room for 3 CPU/);
  const impossible = await t.throwsAsync(actor(Counter, [3], { cpus: 5 }), { code: "ImpossibleClaim" });
  t.regex(impossible.message, /resources of the Group/);
});

test.serial("a group that is scaled to nothing refuses at once; what it had dies of that", async (t) => {
  const mortal = await actor(Counter);
  await mark(0, false);
  await Promise.all(["workers-a", "workers-b"].map(async (name) => pods.get(name)?.end()));
  await t.throwsAsync(mortal.increment(), { name: "ActorDiedError" });
  await eventually("it is refused", async () => {
    const error: unknown = await actor(Counter, [1], { startTimeoutMs: 10_000 }).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    return error instanceof ActorRefusedError && error.code === "NoReplica";
  });
  await mark(0, true);
  const waiting = eventuallyMade();
  using watch = await watchLoad(operator, () => undefined);
  const load = (): readonly [number, number] => {
    const { queued = 0, running = 0 } = watch.known(SCOPE).load?.groups[0] ?? {};
    return [queued, running];
  };
  // Those of the tests before that are to begin anew wait as well.
  await eventually("it is said how many wait", async () => {
    const waits = (await listActors()).filter(({ waitsFor }) => waitsFor !== null).length;
    return waits > 0 && load()[0] === waits && load()[1] === 0;
  });
  await startPod("workers-a");
  t.is(await (await waiting).increment(), 1);
  await eventually("nobody waits any more", () => load()[0] === 0 && load()[1] > 0);
});

/** The registry may still think that nobody will come. */
async function eventuallyMade(): Promise<ActorHandle<Counter>> {
  for (;;) {
    try {
      return await actor(Counter);
    } catch (error) {
      if (!(error instanceof ActorRefusedError)) throw error;
    }
  }
}

test.serial("a group that nobody knows is told by its name, with what to check", async (t) => {
  await group.close();
  const creds = await nats.credentials("client", clientPermissions("team"));
  const error = await t.throwsAsync(startActors({ nats: nats.url, creds, namespace: "team", group: "nobody" }), {
    name: "NoRegistryError",
  });
  t.regex(error.message, /no Group "nobody" .* in the namespace "team"/);
});
