/**
 * Sender and mailbox over a network that loses, doubles and delays, with incarnations that die and agents that forget: every call has one
 * outcome, runs at most once in an incarnation, and in the order in which it was made.
 */
import test from "ava";
import { Mailbox } from "../../../../runtime-image/src/actors/core/mailbox.ts";
import type { AnswerBatch, CallBatch } from "@troupe/protocol";
import { Sender } from "./sender.ts";

const ARGS = { kind: "binary", bytes: new Uint8Array(0) } as const;

function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

interface Ran {
  readonly incarnation: number;
  readonly method: string;
}

interface World {
  readonly sender: Sender;
  readonly outcomes: Map<number, string>;
  readonly ran: Ran[];
}

/** One life of everything, under the weather of one seed. */
function live(
  seed: number,
  { retries, concurrency, limit }: { retries: number; concurrency: number; limit: number },
): World {
  const random = randomOf(seed);
  const sender = new Sender();
  const outcomes = new Map<number, string>();
  const ran: Ran[] = [];
  let incarnation = 1;
  let mailbox = new Mailbox({ limit, concurrency });
  let toAgent: { at: number; to: number; batch: CallBatch }[] = [];
  let toCaller: { at: number; batch: AnswerBatch }[] = [];
  const loss = random() * 0.4;
  const arrivals = (now: number): number[] => {
    if (random() < loss) return [];
    const later = (): number => now + Math.floor(random() * 4);
    return random() < 0.1 ? [later(), later()] : [later()];
  };
  sender.begin(1);
  const total = 30;
  for (let now = 0, made = 0; now < 3_000; now++) {
    if (made < total && random() < 0.5) sender.add({ method: String(++made), args: ARGS, retries });
    if (now < 600 && random() < 0.01) {
      for (const { id, mayHaveRun } of sender.lost(false)) outcomes.set(id, mayHaveRun ? "died" : "lost unsent");
      incarnation++;
      mailbox = new Mailbox({ limit, concurrency });
      sender.begin(incarnation);
    }
    if (now % 10 === 0) sender.resend(now, 10);
    const sending = sender.take(now);
    if (sending !== undefined)
      for (const at of arrivals(now)) toAgent.push({ at, to: sending.incarnation, batch: { ...sending, caller: "c" } });
    for (const { to, batch } of toAgent.filter(({ at }) => at <= now))
      if (to === incarnation) mailbox.receive(batch, now);
    toAgent = toAgent.filter(({ at }) => at > now);
    for (const { call } of mailbox.begin()) ran.push({ incarnation, method: call.method });
    for (const key of [...mailbox.running.keys()])
      if (random() < 0.5) mailbox.end(key, { kind: "returned", value: ARGS });
    if (now % 15 === 0) mailbox.repeat(now, 15);
    if (random() < 0.05) mailbox.forget(now, { silentMs: 12, goneMs: Infinity }); // longer than a message is under way
    for (const { answer } of mailbox.answers(now))
      for (const at of arrivals(now)) toCaller.push({ at, batch: { actor: "a", incarnation, ...answer } });
    for (const { batch } of toCaller.filter(({ at }) => at <= now))
      for (const { id, outcome } of sender.heard(batch).ended) outcomes.set(id, outcome.kind);
    toCaller = toCaller.filter(({ at }) => at > now);
    if (made === total && sender.pending === 0) break;
  }
  return { sender, outcomes, ran };
}

const SEEDS = Array.from({ length: 400 }, (_, index) => index + 1);

for (const { name, retries, concurrency, limit } of [
  { name: "one at a time, nothing twice", retries: 0, concurrency: 1, limit: 1_000 },
  { name: "interleaved, made again after a death", retries: -1, concurrency: 8, limit: 1_000 },
  { name: "a mailbox of three", retries: 0, concurrency: 1, limit: 3 },
]) {
  test(`${name}: one outcome a call, once an incarnation, in order`, (t) => {
    for (const seed of SEEDS) {
      const { sender, outcomes, ran } = live(seed, { retries, concurrency, limit });
      t.is(sender.pending, 0, `seed ${seed}: calls are left without an outcome`);
      t.is(outcomes.size, 30, `seed ${seed}`);
      t.false([...outcomes.values()].includes("lost unsent"), `seed ${seed}: what was never sent was given up`);
      if (retries !== 0)
        t.true(
          [...outcomes.values()].every((kind) => kind === "returned"),
          `seed ${seed}`,
        );
      for (const [incarnation, calls] of Map.groupBy(ran, (each) => each.incarnation)) {
        const methods = calls.map(({ method }) => Number(method));
        t.deepEqual(
          methods,
          [...new Set(methods)].toSorted((a, b) => a - b),
          `seed ${seed}, incarnation ${incarnation}`,
        );
      }
      if (retries === 0)
        t.is(new Set(ran.map(({ method }) => method)).size, ran.length, `seed ${seed}: something ran twice`);
    }
  });
}
