/** The pipelines that are measured. */
import type { Pipeline } from "@troupe/sdk";
import { join } from "node:path";
import type { Troupe } from "./bundle.ts";

/** What every module of a pipeline is: one that does nothing, or one that changes its payload. */
export type Work = "nothing" | "change";

export type AnyPipeline = Pipeline<string>;

export const MODULES = join(import.meta.dirname, "../modules.ts");

export function newPipeline({ Pipeline }: Troupe, name: string): AnyPipeline {
  return new Pipeline<string>(name, { modules: MODULES, jobs: { maxInFlight: 20_000 } });
}

/** A → B → C, each in a group of its own. */
export function chain(troupe: Troupe, work: Work): AnyPipeline {
  return newPipeline(troupe, "chain")
    .addModule("A", work, { group: "g1" })
    .addModule("B", work, { group: "g2", dependsOn: "A" })
    .addModule("C", work, { group: "g3", dependsOn: "B", expose: "result" });
}

/** A and then B in g1; C in g2 after A; D in g3 after B and C. */
export function diamond(troupe: Troupe, work: Work): AnyPipeline {
  return newPipeline(troupe, "diamond")
    .addModule("A", work, { group: "g1" })
    .addModule("B", work, { group: "g1", dependsOn: "A" })
    .addModule("C", work, { group: "g2", dependsOn: "A" })
    .addModule("D", work, { group: "g3", dependsOn: ["B", "C"], expose: "result" });
}
