import { actor, ActorPool, startActors } from "@troupe/sdk";
import { MODEL, Predictor, shard, tip } from "./trips.ts";

const SHARDS = Array.from({ length: 12 }, (_, index) => index);

await using _group = await startActors();
const actors = await Promise.all(Array.from({ length: 6 }, async () => actor(Predictor, [MODEL])));
const pool = new ActorPool(actors);
console.log(`${SHARDS.length} shards, ${pool.size} actors`);

for await (const { index, trips, total } of pool.map(async (each, shardIndex) => each.predict(shardIndex), SHARDS)) {
  console.log(`shard ${index}: ${trips} trips, total tips ${total}`);
  const here = shard(index).reduce((sum, trip) => sum + tip(MODEL, trip), 0);
  if (here !== total) throw new Error(`one process finds ${here}`);
}
console.log("every sum is that of one process");
