/** A large result whose caller has died is kept by its actor for a while, in case it was only cut off, and goes then. */
import {
  connectBus,
  decodeAnswers,
  encodeCalls,
  groupSubjectsOf,
  streamsOf,
  subjectsIn,
  subjectsOf,
  type ActorOrder,
  type Bus,
  type CallOutcome,
} from "@troupe/protocol";
import { startActors } from "@troupe/sdk";
import { encodeValues } from "@troupe/sdk/internal";
import test from "ava";
import { ActorAgent } from "../../../runtime-image/src/actors/actor-agent.ts";
import { eventually } from "../../support/eventually.ts";
import { FREE_SCOPE, registryHere } from "../../support/free-group.ts";
import { testNats } from "../../support/nats.ts";

/** Longer than the test lasts: what goes here does not go by that. */
const NO_SWEEP_MS = 3_600_000;
const SUBJECTS = groupSubjectsOf(FREE_SCOPE);
const CALLER = "c.1";

const ORDER: ActorOrder = {
  id: "maker",
  name: null,
  className: "Maker",
  code: { kind: "source", name: "Maker", source: "class Maker { make(bytes) { return new Uint8Array(bytes); } }" },
  args: valuesOf([]).toString("base64"),
  parent: { kind: "client", id: "c" },
  detached: true,
  claim: { cpus: 0, gpus: 0 },
  memoryMb: null,
  maxConcurrency: null,
  maxRestarts: 0,
  maxTaskRetries: 0,
  maxPendingCalls: 10,
};

function valuesOf(values: readonly unknown[]): Buffer {
  return Buffer.from(encodeValues(values, { dataOf: () => undefined, valueOf: () => undefined }, "a value"));
}

async function stored(bus: Bus): Promise<number> {
  return (await subjectsIn(bus, streamsOf(FREE_SCOPE).blobs, subjectsOf(FREE_SCOPE).allBlobs)).size;
}

/** An actor in this process, once it lives. */
async function living(bus: Bus, goneMs: number): Promise<ActorAgent> {
  return new Promise((resolve, reject) => {
    const agent = new ActorAgent({
      bus,
      scope: FREE_SCOPE,
      order: ORDER,
      incarnation: 1,
      patience: { silentMs: goneMs, goneMs },
      listener: {
        onAlive: () => {
          resolve(agent);
        },
        onDeath: ({ message }) => {
          reject(new Error(message));
        },
        onFacts: () => undefined,
        onHolds: () => undefined,
        onBring: () => undefined,
      },
    });
  });
}

/** One call, of a caller that says nothing more. */
async function outcomeOf(bus: Bus, bytes: number): Promise<CallOutcome> {
  const args = { kind: "binary", bytes: valuesOf([bytes]) } as const;
  const [batch = new Uint8Array()] = encodeCalls(
    { caller: CALLER, session: 0, calls: [{ n: 1, method: "make", args }], seen: [], cancelled: [] },
    bus.maxPayload,
  );
  return new Promise((resolve) => {
    const reply = SUBJECTS.answers("c", "1");
    const subscription = bus.subscribe(reply, ({ data }) => {
      const [first] = decodeAnswers(data).outcomes;
      if (first === undefined) return;
      subscription.unsubscribe();
      resolve(first.outcome);
    });
    bus.publish(SUBJECTS.calls(ORDER.id, 1), batch, { reply });
  });
}

test("what is kept for a caller that has died goes after its time, while its actor lives on", async (t) => {
  await using cleanup = new AsyncDisposableStack();
  const { url } = cleanup.use(await testNats());
  const bus = cleanup.use(await connectBus({ url, name: "test" }));
  cleanup.use(await registryHere(url, NO_SWEEP_MS));
  // From here on somebody owns the registry, and heeds what actors say to it.
  cleanup.use(await startActors({ nats: url, group: FREE_SCOPE.pipeline }));
  cleanup.use(await living(bus, 2_000));
  const outcome = await outcomeOf(bus, 3_000_000);
  t.like(outcome, { kind: "returned", value: { kind: "binary" } });
  t.true(outcome.kind === "returned" && "ref" in outcome.value, "it is too large for a message");
  await eventually("nothing of it is stored", async () => (await stored(bus)) === 0);
});
