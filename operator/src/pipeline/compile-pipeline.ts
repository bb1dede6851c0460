import {
  compileRevision,
  groupNames,
  settleGroup,
  type GroupManifest,
  type GroupSpec,
  type PipelineManifest,
  type Revision,
} from "@troupe/model";
import type { ResolvedSource } from "../group/group-facts.ts";
import { groupTemplate, type GroupTemplate } from "../group/pod-template.ts";
import type { Installation } from "../installation.ts";

/** A revision with the pods that serve it: all that is needed to run it, also when its manifest has been changed long since. */
export interface CompiledPipeline {
  readonly revision: Revision;
  /** By name of the group. */
  readonly templates: Readonly<Record<string, GroupTemplate>>;
}

export interface CompileQuestion {
  readonly manifest: PipelineManifest;
  readonly groups: readonly GroupManifest[];
  readonly namespace: string;
  readonly uid: string;
  readonly source: ResolvedSource;
  /** The Secret with a group's NATS credentials; null: none are needed. */
  readonly credentialsSecret: (group: string) => string | null;
  readonly installation: Installation;
}

/** Compiles an accepted manifest. */
export function compilePipeline(question: CompileQuestion): CompiledPipeline {
  const { manifest, groups, namespace, uid, source, installation } = question;
  const templates = Object.fromEntries(
    groupNames(manifest).map((group): [string, GroupTemplate] => {
      const settings = settleGroup(group, manifest, groups);
      const credentialsSecret = question.credentialsSecret(group);
      const facts = { namespace, pipeline: manifest.metadata.name, uid, group, settings, source, credentialsSecret };
      return [group, groupTemplate(facts, installation)];
    }),
  );
  const templateHashes = Object.fromEntries(Object.entries(templates).map(([group, { hash }]) => [group, hash]));
  const revision = compileRevision(unscaled(manifest), {
    namespace,
    groups: groups.map(unscaledGroup),
    templateHashes,
  });
  return { revision, templates };
}

/** How many replicas there are is no matter of a revision: scaling makes no new one. */
function unscaled(manifest: PipelineManifest): PipelineManifest {
  const { groups } = manifest.spec;
  if (groups === undefined) return manifest;
  return { ...manifest, spec: { ...manifest.spec, groups: groups.map(({ replicas: _, ...rest }): GroupSpec => rest) } };
}

function unscaledGroup(manifest: GroupManifest): GroupManifest {
  const { replicas: _, ...spec } = manifest.spec;
  return { ...manifest, spec };
}
