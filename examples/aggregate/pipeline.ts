import { Pipeline } from "@troupe/sdk";
import { CountWords, Sentence, Total } from "./modules/words.ts";

const brief = { estimateSeconds: 0.01 };

/** The same as pipeline.yaml, built by a program: that `Total` is an aggregate is what its class says. */
export const pipeline = new Pipeline("aggregate")
  .addGroup({ name: "counting", replicas: 2 })
  .addModule("count", CountWords, { group: "counting", expose: true, ...brief })
  .addModule("total", Total, { group: "totals", dependsOn: "count", expose: true, ...brief })
  .addModule("sentence", Sentence, { group: "totals", dependsOn: "total", expose: true, ...brief });

/** Two texts, unless the command says otherwise. */
export const inputs = ["one two", "three"];

/** What the aggregate has kept is processed when both are done, without `--process`. */
export const process = true;

if (import.meta.main) {
  await using running = await pipeline.start();
  await running.runMany(inputs);
  console.log((await running.process())["sentence"]);
}
