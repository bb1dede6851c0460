/** What each part of the system may say and hear on NATS. What is not named here is refused by the server. */
import { groupSubjectsOf, inboxOf, REVISION_BUCKET, streamsOf, subjectsOf, type Scope } from "@troupe/protocol";

const ANY = "*";

/** Subjects, with NATS's wildcards. */
export interface Permissions {
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
}

/**
 * A group's agents: they speak for their group alone, hear what the owner says to it, and read their pipeline's revisions. Payloads
 * belong to the pipeline: their names cannot be guessed, and a reader checks their digest. Replies come to an inbox of the group's own, or one
 * group could read another's.
 */
export function groupPermissions(scope: Scope, group: string): Permissions {
  const { namespace, pipeline, uid } = scope;
  const subjects = subjectsOf(scope);
  const revisions = `$KV.${REVISION_BUCKET}.${namespace}.${pipeline}.${uid}`;
  return {
    publish: [
      subjects.up(group),
      subjects.allBlobs,
      `$JS.API.DIRECT.GET.${streamsOf(scope).blobs}.${subjects.allBlobs}`,
      `$JS.API.DIRECT.GET.KV_${REVISION_BUCKET}.${revisions}.>`,
    ],
    subscribe: [subjects.down(group, "*"), subjects.beacon, `${inboxOf(scope, group)}.>`],
  };
}

/**
 * The replicas of a free-standing Group, nurseries and actors alike: they speak to its registry, call each other, and keep payloads of their
 * own Group; of others they hear nothing.
 */
export function freeGroupPermissions(scope: Scope): Permissions {
  const subjects = groupSubjectsOf(scope);
  const { allBlobs } = subjectsOf(scope);
  const both = [subjects.calls(ANY, ANY), subjects.ask(ANY, ANY), subjects.answers(ANY, ANY)];
  return {
    publish: [
      subjects.registry,
      subjects.up,
      ...both,
      allBlobs,
      `$JS.API.DIRECT.GET.${streamsOf(scope).blobs}.${allBlobs}`,
      `${inboxOf(scope, scope.pipeline)}.>`,
    ],
    subscribe: [subjects.down(ANY), subjects.news, ...both, `${inboxOf(scope, scope.pipeline)}.>`],
  };
}

/** The operator: buckets, streams, and what groups that are gone still have to say. */
export const OPERATOR_PERMISSIONS: Permissions = {
  publish: ["$JS.API.>", "$KV.>", "_troupe.>", "troupe.>"],
  subscribe: ["$KV.>", "_troupe.*.*.*.events", "_INBOX.>"],
};

/** Coordinators own everything of Troupe's account; they answer clients wherever those want to be answered. */
export const COORDINATOR_PERMISSIONS: Permissions = { publish: [">"], subscribe: [">"] };

/**
 * Clients knock on the doors of all pipelines (of `namespace`, when one is given), bring large inputs and read large results; and call the
 * actors of all free-standing Groups. They hear what is sent to their own inboxes, what became of actors, and answers to calls.
 */
export function clientPermissions(namespace = "*"): Permissions {
  const blobs = `_troupe.${namespace}.*.*.blob.>`;
  const stream = "$JS.API.DIRECT.GET.*";
  return {
    publish: [
      `troupe.${namespace}.>`,
      ...["in", "call", "shared"].map((slot) => `_troupe.${namespace}.*.*.blob.*.${slot}.>`),
      ...["call", "ask"].map((kind) => `_troupe.${namespace}.*.*.${kind}.*.*`),
      `${stream}.${blobs}`,
      `${stream}.$KV.${REVISION_BUCKET}.${namespace}.>`,
    ],
    subscribe: [...["events", "news", "answer.*.*"].map((what) => `_troupe.${namespace}.*.*.${what}`), "_INBOX.>"],
  };
}
