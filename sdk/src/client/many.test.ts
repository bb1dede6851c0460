import test from "ava";
import { inWindow } from "./many.ts";

const never = (): boolean => false;

/** Ends works one at a time, in an order drawn from a seed. */
function scrambled(seed: number): { start: (n: number) => Promise<number>; most: () => number } {
  const open: (() => void)[] = [];
  let most = 0;
  const random = (): number => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
  const endOne = (): void => open.splice(Math.floor(random() * open.length), 1)[0]?.();
  return {
    most: () => most,
    start: async (n) =>
      new Promise((resolve) => {
        open.push(() => {
          resolve(n);
        });
        most = Math.max(most, open.length);
        setImmediate(endOne);
      }),
  };
}

function* upTo(count: number): Generator<number> {
  for (let n = 0; n < count; n++) yield n;
}

async function* later(count: number): AsyncGenerator<number> {
  for (const n of upTo(count)) {
    if (n % 3 === 0) await new Promise(setImmediate);
    yield n;
  }
}

async function collect<T>(values: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const value of values) all.push(value);
  return all;
}

test("in the order of the inputs, whatever order they end in, and never more than the window", async (t) => {
  for (let seed = 1; seed <= 20; seed++) {
    for (const inputs of [upTo(100), later(100)]) {
      const work = scrambled(seed);
      const got = await collect(inWindow(inputs, work.start, { concurrency: 7, order: "input", enough: never }));
      t.deepEqual(got, [...upTo(100)], `seed ${seed}`);
      t.true(work.most() <= 7);
    }
  }
});

test("in the order of completion, each exactly once", async (t) => {
  const got = await collect(
    inWindow(later(100), scrambled(3).start, { concurrency: 9, order: "completion", enough: never }),
  );
  t.deepEqual(
    got.toSorted((a, b) => a - b),
    [...upTo(100)],
  );
  t.notDeepEqual(got, [...upTo(100)]);
});

test("no inputs are no outcomes, and a window of nothing is one of one", async (t) => {
  t.deepEqual(await collect(inWindow([], async (n) => n, { concurrency: 4, order: "input", enough: never })), []);
  t.deepEqual(
    await collect(inWindow([1, 2], async (n) => n, { concurrency: 0, order: "input", enough: never })),
    [1, 2],
  );
});

test("what start or the inputs throw ends it", async (t) => {
  const failing = async (n: number): Promise<number> => (n === 3 ? Promise.reject(new Error("three")) : n);
  await t.throwsAsync(collect(inWindow(upTo(9), failing, { concurrency: 2, order: "input", enough: never })), {
    message: "three",
  });
  const broken = function* (): Generator<number> {
    yield 1;
    throw new Error("no more");
  };
  await t.throwsAsync(
    collect(inWindow(broken(), async (n) => n, { concurrency: 2, order: "completion", enough: never })),
    { message: "no more" },
  );
});

test("a consumer that stops closes the inputs, and enough is enough", async (t) => {
  let closed = false;
  let taken = 0;
  const endless = function* (): Generator<number> {
    try {
      for (;;) yield taken++;
    } finally {
      closed = true;
    }
  };
  for await (const n of inWindow(endless(), async (value) => value, { concurrency: 5, order: "input", enough: never }))
    if (n === 3) break;
  t.true(closed);
  t.true(taken < 30, "a slow consumer bounds what is started");
  let started = 0;
  const few = inWindow(upTo(1_000), async () => ++started, {
    concurrency: 5,
    order: "input",
    enough: () => started >= 10,
  });
  t.is((await collect(few)).length, started);
  t.true(started < 20);
});
