// Batch inference: twelve shards of handwritten digits over six actors, the model put once.
import { actor, ActorPool, put, type ActorHandle } from "@troupe/sdk";
import { Predictor, readDigits, shardsOf, train, type Prediction } from "./digits.ts";

const images = readDigits();
const model = await put(train(images));
const actors = await Promise.all(Array.from({ length: 6 }, () => actor(Predictor, [model])));
const pool = new ActorPool<ActorHandle<Predictor>, Prediction>(actors);
for (const shard of shardsOf(images, 12)) pool.submit((predictor, part) => predictor.predict(part), shard);

let [seen, right] = [0, 0];
while (pool.hasNext()) {
  const prediction = await pool.getNext();
  seen += prediction.images;
  right += prediction.right;
  console.log(`${prediction.images} images, ${prediction.right} read as they were meant, sum ${prediction.sum}`);
}
console.log(`${seen} images, ${right} read as they were meant`);
