import test from "ava";
import { ActorPool } from "./actor-pool.ts";
import { AlreadyInPoolError, NoMoreResultsError, PoolEmptyError, PoolTimeoutError } from "./errors.ts";

/** Works on what it is told to, and ends when it is told to. */
class Hand {
  readonly started: number[] = [];
  readonly #open = new Map<number, { end: (value: number) => void; fail: (error: Error) => void }>();

  async work(value: number): Promise<number> {
    this.started.push(value);
    return new Promise((end, fail) => {
      this.#open.set(value, { end, fail });
    });
  }

  end(value: number): void {
    this.#open.get(value)?.end(value * 10);
  }

  fail(value: number, error: Error): void {
    this.#open.get(value)?.fail(error);
  }
}

class ActorDiedError extends Error {
  override readonly name = "ActorDiedError";
}

const work = async (hand: Hand, value: number): Promise<number> => hand.work(value);
const settle = async (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("tasks start when an actor is free, and not when somebody asks", async (t) => {
  const hand = new Hand();
  const pool = new ActorPool<Hand, number>([hand]);
  for (const value of [1, 2, 3]) pool.submit(work, value);
  for (const value of [1, 2, 3]) {
    await settle();
    hand.end(value);
  }
  await settle();
  t.deepEqual(hand.started, [1, 2, 3]);
  t.deepEqual([await pool.getNext(), await pool.getNext(), await pool.getNext()], [10, 20, 30]);
});

test("results in the order of submission, or as they come, mixed as one likes", async (t) => {
  const hands = [new Hand(), new Hand(), new Hand()];
  const pool = new ActorPool<Hand, number>(hands);
  for (const value of [1, 2, 3, 4]) pool.submit(work, value);
  const end = (value: number): void => {
    for (const hand of hands) hand.end(value);
  };
  end(3);
  t.is(await pool.getNextUnordered(), 30);
  end(2);
  await settle();
  const first = pool.getNext();
  t.is(await pool.getNextUnordered(), 20);
  end(1);
  t.is(await first, 10);
  await settle();
  end(4);
  t.is(await pool.getNext(), 40);
  t.false(pool.hasNext());
  await t.throwsAsync(pool.getNext(), { instanceOf: NoMoreResultsError });
  await t.throwsAsync(pool.getNextUnordered(), { instanceOf: NoMoreResultsError });
});

test("a timeout leaves the result to be taken, or gives it up and frees nobody who still works", async (t) => {
  const hand = new Hand();
  const pool = new ActorPool<Hand, number>([hand]);
  pool.submit(work, 1);
  await t.throwsAsync(pool.getNext({ timeoutMs: 1 }), { instanceOf: PoolTimeoutError });
  await t.throwsAsync(pool.getNextUnordered({ timeoutMs: 1 }), { instanceOf: PoolTimeoutError });
  t.true(pool.hasNext());
  await t.throwsAsync(pool.getNext({ timeoutMs: 1, ignoreIfTimedOut: true }), { instanceOf: PoolTimeoutError });
  t.false(pool.hasNext());
  t.false(pool.hasFree());
  pool.submit(work, 2);
  await t.throwsAsync(pool.getNextUnordered({ timeoutMs: 1, ignoreIfTimedOut: true }), {
    instanceOf: PoolTimeoutError,
  });
  hand.end(1);
  await settle();
  hand.end(2);
  await settle();
  t.true(pool.hasFree());
  t.false(pool.hasNext());
});

test("a function that throws at once, or later, costs no actor", async (t) => {
  const pool = new ActorPool<Hand>([new Hand()]);
  pool.submit(() => {
    throw new Error("at once");
  }, 1);
  pool.submit(async () => Promise.reject(new Error("later")), 2);
  pool.submit(() => "fine", 3);
  await t.throwsAsync(pool.getNext(), { message: "at once" });
  await t.throwsAsync(pool.getNext(), { message: "later" });
  t.is(await pool.getNext(), "fine");
  t.is(pool.size, 1);
});

test("an actor that dies leaves the pool; its task fails, or goes to another when it may", async (t) => {
  const [a, b] = [new Hand(), new Hand()];
  const strict = new ActorPool<Hand, number>([a, b]);
  strict.submit(work, 1); // to b: the last one pushed is the next one used
  strict.submit(work, 2);
  strict.submit(work, 3);
  b.fail(1, new ActorDiedError("b was killed"));
  await t.throwsAsync(strict.getNext(), { message: "b was killed" });
  t.is(strict.size, 1);
  a.end(2);
  await settle();
  a.end(3);
  t.deepEqual([await strict.getNext(), await strict.getNext()], [20, 30]);

  const [c, d] = [new Hand(), new Hand()];
  const lenient = new ActorPool<Hand, number>([c, d], { retries: 1 });
  lenient.submit(work, 1);
  d.fail(1, new ActorDiedError("d was killed"));
  await settle();
  t.deepEqual(c.started, [1]);
  c.end(1);
  t.is(await lenient.getNext(), 10);
});

test("a pool that loses all its actors says so to everybody who waits, and goes on with new ones", async (t) => {
  const hand = new Hand();
  const pool = new ActorPool<Hand, number>([hand], { retries: 5 });
  for (const value of [1, 2, 3]) pool.submit(work, value);
  hand.fail(1, new ActorDiedError("out of memory"));
  await t.throwsAsync(pool.getNext(), { message: "out of memory" });
  const error = await t.throwsAsync(pool.getNext(), { instanceOf: PoolEmptyError });
  t.regex(error.message, /no actors left, and 2 tasks wait/);
  await t.throwsAsync(pool.getNextUnordered(), { instanceOf: PoolEmptyError });
  pool.submit(work, 4);
  await t.throwsAsync(pool.getNext(), { instanceOf: PoolEmptyError });
  const fresh = new Hand();
  pool.push(fresh);
  fresh.end(4);
  t.is(await pool.getNext(), 40);
});

test("push and popIdle: an actor belongs to the pool once, and leaves it when it is idle", async (t) => {
  const [a, b] = [new Hand(), new Hand()];
  const pool = new ActorPool<Hand, number>([a]);
  t.throws(
    () => {
      pool.push(a);
    },
    { instanceOf: AlreadyInPoolError },
  );
  pool.submit(work, 1);
  t.is(pool.popIdle(), undefined);
  pool.push(b);
  t.is(pool.popIdle(), b);
  a.end(1);
  t.is(await pool.getNext(), 10);
  t.is(pool.popIdle(), a);
  t.is(pool.size, 0);
});

test("endless inputs are taken as results are taken, in order and as they come", async (t) => {
  let taken = 0;
  const endless = function* (): Generator<number> {
    try {
      for (;;) yield taken++;
    } finally {
      taken = -taken;
    }
  };
  const pool = new ActorPool<Hand>([new Hand(), new Hand()]);
  const results: number[] = [];
  for await (const result of pool.map((_, value: number) => value * 2, endless())) {
    results.push(result);
    if (results.length === 100) break;
  }
  t.deepEqual(
    results,
    Array.from({ length: 100 }, (_, index) => index * 2),
  );
  t.true(taken < 0 && taken >= -120, `the inputs were closed after ${-taken}`);

  const unordered: number[] = [];
  for await (const result of pool.mapUnordered(
    async (_, value: number) => {
      if (value === 0) await settle();
      return value;
    },
    [0, 1, 2],
  ))
    unordered.push(result);
  t.deepEqual(unordered.toSorted(), [0, 1, 2]);
  t.is(unordered[0], 1);
});

test("a map ends with the first error, and with the caller's signal", async (t) => {
  const pool = new ActorPool<Hand>([new Hand()]);
  const failing = pool.map(
    (_, value: number) => {
      if (value === 2) throw new Error("no 2");
      return value;
    },
    [1, 2, 3],
  );
  t.is((await failing.next()).value, 1);
  await t.throwsAsync(failing.next(), { message: "no 2" });
  const abort = new AbortController();
  const endless = pool.map((_, value: number) => value, [1, 2, 3, 4], { signal: abort.signal });
  t.is((await endless.next()).value, 1);
  abort.abort(new Error("enough"));
  await t.throwsAsync(endless.next(), { message: "enough" });
});

test("what was submitted is iterated in its order", async (t) => {
  const pool = new ActorPool<Hand, number>([new Hand(), new Hand()]);
  for (const value of [3, 1, 2]) pool.submit((_, given) => given, value);
  const results: number[] = [];
  for await (const result of pool) results.push(result);
  t.deepEqual(results, [3, 1, 2]);
});
