import test from "ava";
import { autoscale, type AutoscaleQuestion, type Demand } from "./autoscale.ts";

const SPEC = { minReplicas: 0, maxReplicas: 4, targetQueued: 2, idleSeconds: 60 };

function ask(question: Partial<AutoscaleQuestion>): ReturnType<typeof autoscale> {
  return autoscale({
    autoscale: SPEC,
    concurrency: 1,
    replicas: 0,
    demand: { queued: 0, running: 0 },
    samples: [],
    watchedSinceMs: 0,
    nowMs: 1_000_000,
    ...question,
  });
}

const NEEDS: readonly (readonly [Demand, number])[] = [
  [{ queued: 0, running: 0 }, 0],
  [{ queued: 1, running: 0 }, 1],
  [{ queued: 2, running: 0 }, 1],
  [{ queued: 3, running: 0 }, 2],
  [{ queued: 3, running: 1 }, 3],
  [{ queued: 100, running: 4 }, 4],
];

for (const [demand, replicas] of NEEDS) {
  test(`${demand.queued} queued and ${demand.running} running want ${replicas}`, (t) => {
    t.is(ask({ demand }).replicas, replicas);
  });
}

test("a replica works on several blocks", (t) => {
  t.is(ask({ demand: { queued: 0, running: 5 }, concurrency: 4 }).replicas, 2);
});

test("never below the minimum", (t) => {
  t.is(ask({ autoscale: { ...SPEC, minReplicas: 2 } }).replicas, 2);
});

test("what is not known scales nothing down, and up to the minimum", (t) => {
  t.is(ask({ demand: null, replicas: 3 }).replicas, 3);
  t.is(ask({ demand: null, replicas: 0, autoscale: { ...SPEC, minReplicas: 1 } }).replicas, 1);
});

test("fewer only after idleSeconds without a gap, and then it is asked again by itself", (t) => {
  let answer = ask({ replicas: 0, demand: { queued: 0, running: 3 }, nowMs: 100_000 });
  t.is(answer.replicas, 3);
  const next = (nowMs: number, demand: Demand | null): void => {
    answer = ask({ replicas: answer.replicas, samples: answer.samples, demand, nowMs });
  };
  next(150_000, { queued: 0, running: 1 });
  t.is(answer.replicas, 3, "three were needed until now");
  t.is(answer.againAfterMs, 60_000);
  next(209_000, { queued: 0, running: 1 });
  t.is(answer.replicas, 3);
  next(210_000, { queued: 0, running: 1 });
  t.is(answer.replicas, 1);
  next(220_000, { queued: 0, running: 0 });
  next(230_000, null);
  t.is(answer.replicas, 1, "what is not known is need");
  next(231_000, { queued: 0, running: 0 });
  next(290_000, { queued: 0, running: 0 });
  t.is(answer.replicas, 1, "the gap began it anew");
  next(291_000, { queued: 0, running: 0 });
  t.is(answer.replicas, 0);
  t.is(answer.againAfterMs, null);
});

test("an operator that has just started gives nothing up", (t) => {
  const answer = ask({ replicas: 3, watchedSinceMs: 990_000, nowMs: 1_000_000 });
  t.is(answer.replicas, 3);
  t.is(answer.againAfterMs, 60_000);
});
