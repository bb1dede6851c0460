import { Pipeline } from "@troupe/sdk";
import "./modules/sleep.ts";

const second = { estimateSeconds: 1 };

/** The same as pipeline.yaml, built by a program. */
export const pipeline = new Pipeline("simple")
  .addModule("A", "example-module", { group: "g1", ...second })
  .addModule("B", "example-module", { group: "g1", dependsOn: "A", ...second })
  .addModule("C", "example-module", { group: "g2", ...second })
  .addModule("D", "example-module", { group: "g3", dependsOn: ["B", "C"], ...second })
  .addModule("E", "example-module", { group: "g3", dependsOn: "D", expose: true, ...second });

/** Three jobs, unless the command says otherwise. */
export const inputs = ["Job1", "Job2", "Job3"];

if (import.meta.main) {
  await using running = await pipeline.start();
  const outcomes = await running.runMany(inputs);
  for (const { index, state } of outcomes) console.log(`${inputs[index] ?? ""}: ${state}`);
}
