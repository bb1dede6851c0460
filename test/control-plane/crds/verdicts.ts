/** What the operator says of Pipelines and Groups, beside what the validator says of them. */
import { validateGroup, validateManifest, type Problem } from "@troupe/model";
import { groups, pipelines } from "../../../operator/src/resources.ts";
import type { World } from "../operator/world.ts";
import { isLoose, type Loose } from "./loose.ts";

/** The condition Accepted of an object as it is now. */
export interface Verdict {
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

/** By `Kind/name`; those alone that the operator has looked at since they changed. */
export async function verdictsIn(world: World, namespace: string): Promise<Map<string, Verdict>> {
  const [ofPipelines, ofGroups] = await Promise.all([
    world.client.list(pipelines, { namespace }),
    world.client.list(groups, { namespace }),
  ]);
  const all = [
    ...ofPipelines.items.map((object) => ({ kind: "Pipeline", object })),
    ...ofGroups.items.map((object) => ({ kind: "Group", object })),
  ];
  return new Map(
    all.flatMap(({ kind, object: { metadata, status } }): [string, Verdict][] =>
      (status?.conditions ?? []).flatMap(({ type, status: is, reason, message, observedGeneration }) =>
        type === "Accepted" && observedGeneration === metadata.generation
          ? [[`${kind}/${metadata.name}`, { status: is, reason, message }]]
          : [],
      ),
    ),
  );
}

/** What the operator is to say of a manifest that the API server took; null: nothing is wrong with it. */
export function expectedOf(manifest: Loose): Verdict | null {
  const problems = problemsOf(manifest);
  const [first] = problems;
  return first === undefined ? null : { status: "False", reason: first.code, message: textOf(problems) };
}

/** Of a Group that has a pipeline the places begin with its name; a status is the operator's own. */
function problemsOf(manifest: Loose): Problem[] {
  const own = { ...manifest, status: undefined };
  if (manifest["kind"] === "Pipeline") return validateManifest(own);
  const { metadata, spec } = manifest;
  const isDeclared = isLoose(spec) && spec["pipelineRef"] !== undefined;
  const name = isLoose(metadata) ? String(metadata["name"]) : "";
  return validateGroup(own, isDeclared ? { path: `Group/${name}` } : {});
}

/** Code, place, what is wrong, and the cure; of five problems at most. */
function textOf(problems: readonly Problem[]): string {
  const shown = problems.slice(0, 5).map(({ code, path, message, hint }) => `${code} at ${path}: ${message} ${hint}`);
  const more = problems.length - shown.length;
  return [...shown, ...(more > 0 ? [`And ${more} more.`] : [])].join("\n");
}
