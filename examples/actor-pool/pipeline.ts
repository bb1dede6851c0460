import { Pipeline } from "@troupe/sdk";
import "./modules/sleep.ts";

/** The same as pipeline.yaml, built by a program. */
export const pipeline = new Pipeline("actor-pool")
  .addGroup({ name: "g2", replicas: 3 })
  .addModule("A", "example-module", { group: "g1", estimateSeconds: 1 })
  .addModule("B", "long-running-module", { group: "g2", dependsOn: "A", estimateSeconds: 5 })
  .addModule("C", "example-module", { group: "g3", dependsOn: "B", expose: true, estimateSeconds: 1 });
