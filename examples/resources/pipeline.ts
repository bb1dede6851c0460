import { Pipeline } from "@troupe/sdk";
import "./modules/sleep.ts";

/** The same as pipeline.yaml, built by a program. */
export const pipeline = new Pipeline("resources")
  .addGroup({ name: "g1", gpu: 1 })
  .addGroup({ name: "g2", cpu: 4, gpu: 0.5 })
  .addModule("A", "example-module", { group: "g1", estimateSeconds: 1 })
  .addModule("B", "example-module", { group: "g2", estimateSeconds: 1 })
  .addModule("C", "example-module", { group: "g3", dependsOn: ["A", "B"], expose: true, estimateSeconds: 1 });
