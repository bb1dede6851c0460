// Batch inference: twelve shards over six actors, the model put once.
import { actor, ActorPool, put, type ActorHandle } from "@troupe/sdk";

const SHARDS = 12;
const ROWS = 10_000;

/** A shard of trips, the same every time: how many passengers rode. */
function passengers(shard: number): Uint8Array {
  let state = shard + 1;
  return Uint8Array.from({ length: ROWS }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return 1 + ((state >>> 24) % 6);
  });
}

export class Predictor {
  readonly #model: Float64Array;

  constructor(model: Float64Array) {
    this.#model = model;
  }

  /** How many of the shard's trips got a tip: those whose number of passengers has a weight above a half. */
  predict(trips: Uint8Array): number {
    return trips.filter((count) => (this.#model[count] ?? 0) > 0.5).length;
  }
}

if (import.meta.main) {
  // 8 MB of weights, of which the first few count.
  const model = await put(new Float64Array(1_000_000).fill(1, 2));
  const actors = await Promise.all(Array.from({ length: 6 }, () => actor(Predictor, [model])));
  const pool = new ActorPool<ActorHandle<Predictor>, number>(actors);
  for (let shard = 0; shard < SHARDS; shard++)
    pool.submit((predictor, trips) => predictor.predict(trips), passengers(shard));
  let total = 0;
  while (pool.hasNext()) {
    const tips = await pool.getNext();
    total += tips;
    console.log(`${ROWS} trips, ${tips} tips`);
  }
  console.log(`${SHARDS * ROWS} trips, ${total} tips`);
}
