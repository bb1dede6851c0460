import test from "ava";
import type { Outcome } from "../pool/outcome.ts";
import { mapElements, type Worker } from "./map-elements.ts";

class Death extends Error {
  readonly loss: "before" | "during";

  constructor(loss: "before" | "during") {
    super(`died ${loss}`);
    this.loss = loss;
  }
}

function workerThat(run: (index: number, signal: AbortSignal) => Promise<unknown>): Worker {
  return { run, lossBy: async (error) => (error instanceof Death ? error.loss : "none") };
}

const turn = async (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function map(workers: readonly Worker[], count: number, retries = 1): Promise<Outcome<unknown>[]> {
  const outcomes: Outcome<unknown>[] = [];
  await mapElements({
    workers,
    elements: Array.from({ length: count }, (_, index) => index),
    retries,
    signal: new AbortController().signal,
    onEnd: async (index, outcome) => {
      outcomes[index] = outcome;
    },
  });
  return outcomes;
}

const done = (...values: readonly unknown[]): unknown[] => values.map((value) => ({ kind: "done", value }));

test("an element that comes back late finds a worker, also one that had nothing left to do", async (t) => {
  const dying = workerThat(async () => {
    for (let i = 0; i < 10; i++) await turn();
    throw new Death("during");
  });
  t.deepEqual(await map([dying, workerThat(async (index) => index)], 3), done(0, 1, 2));
});

test("who is lost before it began costs no retry", async (t) => {
  const gone = Array.from({ length: 5 }, () => workerThat(async () => Promise.reject(new Death("before"))));
  t.deepEqual(await map([...gone, workerThat(async (index) => index)], 6, 0), done(0, 1, 2, 3, 4, 5));
});

test("with nobody left, everything that waits fails with the reason", async (t) => {
  const outcomes = await map([workerThat(async () => Promise.reject(new Death("during")))], 3, 5);
  t.deepEqual(
    outcomes.map((outcome) => (outcome.kind === "failed" ? String(outcome.error) : "done")),
    Array.from({ length: 3 }, () => "Error: died during"),
  );
});

test("an error of onEnd ends the map when the others have come to rest, and they are told to", async (t) => {
  let rested = false;
  const failing = workerThat(async () => Promise.reject(new Error("no")));
  const waiting = workerThat(async (_, signal) => {
    while (!signal.aborted) await turn();
    await turn();
    rested = true;
  });
  const onEnd = async (_: number, outcome: Outcome<unknown>): Promise<void> => {
    if (outcome.kind === "failed") throw outcome.error;
  };
  const run = { workers: [failing, waiting], elements: [0, 1, 2], retries: 0, onEnd };
  await t.throwsAsync(mapElements({ ...run, signal: new AbortController().signal }), { message: "no" });
  t.true(rested);
});
