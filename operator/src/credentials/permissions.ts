/** What each part of the system may say and hear on NATS. What is not named here is refused by the server. */
import { inboxOf, REVISION_BUCKET, streamsOf, subjectsOf, type Scope } from "@troupe/protocol";

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

/** The operator: buckets, streams, and what groups that are gone still have to say. */
export const OPERATOR_PERMISSIONS: Permissions = {
  publish: ["$JS.API.>", "$KV.>", "_troupe.>", "troupe.>"],
  subscribe: ["$KV.>", "_troupe.*.*.*.events", "_INBOX.>"],
};

/** Coordinators own everything of Troupe's account; they answer clients wherever those want to be answered. */
export const COORDINATOR_PERMISSIONS: Permissions = { publish: [">"], subscribe: [">"] };

/**
 * Clients knock on the doors of all pipelines (of `namespace`, when one is given), bring large inputs and read large results. They hear what
 * is sent to their own inboxes.
 */
export function clientPermissions(namespace = "*"): Permissions {
  const blobs = `_troupe.${namespace}.*.*.blob.>`;
  const stream = "$JS.API.DIRECT.GET.*";
  return {
    publish: [
      `troupe.${namespace}.>`,
      `_troupe.${namespace}.*.*.blob.*.in.>`,
      `${stream}.${blobs}`,
      `${stream}.$KV.${REVISION_BUCKET}.${namespace}.>`,
    ],
    subscribe: [`_troupe.${namespace}.*.*.events`, "_INBOX.>"],
  };
}
