import { Pipeline } from "@troupe/sdk";
import "./modules/sleep.ts";

const short = { parameters: { seconds: 0.3 }, estimateSeconds: 0.3 };
const long = { parameters: { seconds: 2 }, estimateSeconds: 2 };

/** The same as pipeline.yaml, built by a program. */
export const pipeline = new Pipeline("module-start")
  .addModule("A", "example-module", { group: "g1", ...short })
  .addModule("B", "example-module", { group: "g1", dependsOn: "A", expose: true, ...long })
  .addModule("C", "example-module", { group: "g2", ...short })
  .addModule("D", "example-module", { group: "g3", dependsOn: ["A", "C"], expose: true, ...short });
