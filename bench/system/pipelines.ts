/** The pipelines that are measured. */
import { API_VERSION, type GroupSpec, type ModuleSpec, type PipelineManifest } from "@troupe/model";

/** What every module of a pipeline is: one that does nothing, or one that changes its payload. */
export type Work = "nothing" | "change";

/** A → B → C, each in a group of its own. */
export function chain(work: Work): PipelineManifest {
  return manifest("chain", [
    { name: "A", type: work, group: "g1" },
    { name: "B", type: work, group: "g2", dependsOn: ["A"] },
    { name: "C", type: work, group: "g3", dependsOn: ["B"], expose: true },
  ]);
}

/** A and then B in g1; C in g2 after A; D in g3 after B and C. */
export function diamond(work: Work): PipelineManifest {
  return manifest("diamond", [
    { name: "A", type: work, group: "g1" },
    { name: "B", type: work, group: "g1", dependsOn: ["A"] },
    { name: "C", type: work, group: "g2", dependsOn: ["A"] },
    { name: "D", type: work, group: "g3", dependsOn: ["B", "C"], expose: true },
  ]);
}

export function manifest(name: string, modules: readonly ModuleSpec[], groups: readonly GroupSpec[] = []): PipelineManifest {
  const jobs = { maxInFlight: 20_000 };
  return { apiVersion: API_VERSION, kind: "Pipeline", metadata: { name }, spec: { modules, groups, jobs } };
}
