/** Names of what the operator makes. Each is a function of what it is for, so that nothing is ever made twice. */
import { shortHash } from "@troupe/model";

/** Hex digits of a hash in a name. */
const HASH_LENGTH = 8;

export function hash8(value: unknown): string {
  return shortHash(value).slice(0, HASH_LENGTH);
}

/** A name that takes part in others: a group of a pipeline, or a free-standing Group (`pipeline` null). */
export interface GroupName {
  readonly pipeline: string | null;
  readonly group: string;
}

/**
 * Names for the Group resource that a Pipeline makes for one of its groups, the first one preferred. `a-b` of `c` and `a` of `b-c` share it;
 * whoever comes second takes the other.
 */
export function groupResourceNames(pipeline: string, group: string): readonly [string, string] {
  const name = `${pipeline}-${group}`;
  return [name, `${name}-${hash8([pipeline, group])}`];
}

/** A Deployment of one template of a group; its hash covers both names, so two of the same text cannot be meant by one name. */
export function deploymentName({ pipeline, group }: GroupName, templateHash: string): string {
  return `${pipeline === null ? "" : `${pipeline}-`}${group}-${templateHash}`;
}

/** The immutable copy of a ConfigMap of modules. The same content has the same name. */
export function sourceCopyName(owner: string, contentHash: string): string {
  return `${owner}-source-${contentHash}`;
}

/** The ConfigMap in which the pods of a group find the authority of NATS. */
export function natsCaName({ pipeline, group }: GroupName): string {
  return `${pipeline === null ? "" : `${pipeline}-`}${group}-nats-ca-${hash8([pipeline, group])}`;
}

/** The ControllerRevision that keeps a compiled revision. */
export function revisionObjectName(pipeline: string, revision: string): string {
  return `${pipeline}-${revision}`;
}
