/** Gathers what a visit of a Group looks at. */
import { readProjection, seenGroupMark, type Projected, type Scope, type Seen } from "@troupe/protocol";
import { credentialsSecretName } from "../children/credentials-name.ts";
import type { Context } from "../context.ts";
import { groupKey } from "../informers.ts";
import { ownedBy, type Stored } from "../kube/index.ts";
import { contentHashOf, revisionsOf } from "../pipeline/observe-pipeline.ts";
import type { StoredRevision } from "../pipeline/stored-revision.ts";
import type { GroupObject, PipelineObject } from "../resources.ts";
import { freeRole, memberRole } from "./group-role.ts";
import type { GroupLoadView, GroupRole, GroupView } from "./group-view.ts";
import { readDeployment, type ObservedDeployment } from "./observed-deployment.ts";
import { readPod } from "./observed-pod.ts";

export interface GroupScene {
  readonly view: GroupView;
  readonly scope: Scope;
  readonly pipeline: Stored<PipelineObject> | undefined;
  /** @throws what kept NATS from being read: what needs nothing of it is done without. */
  readonly seen: () => SeenInNats;
}

export interface SeenInNats {
  /** What the bucket says of its pipeline; null: nobody can ask, or nothing is to be said of it by this Group. */
  readonly projected: Projected | null;
  /** What the bucket says of a free-standing Group; null: nobody can ask, or it is none. */
  readonly mark: Seen<unknown> | null;
}

/** What the bucket says is read first: what is decided is never older than that. */
export async function observeGroup(context: Context, group: Stored<GroupObject>): Promise<GroupScene> {
  const seen = await seenInNats(context, group).then(
    (found) => () => found,
    (error: unknown) => () => {
      throw error;
    },
  );
  return { ...sceneOf(context, group), seen };
}

async function seenInNats(context: Context, group: Stored<GroupObject>): Promise<SeenInNats> {
  const { informers, nats } = context;
  const { name, scope } = placeOf(context, group);
  if (nats.bus === null) return { projected: null, mark: null };
  if (name.pipeline === null) return { projected: null, mark: await seenGroupMark(nats.bus, scope) };
  // Only templates that were superseded are ever retired.
  const hasOld = informers
    .deploymentsOf(groupKey(name.namespace, name.pipeline, name.group))
    .some((deployment) => readDeployment(deployment).supersededMs !== null);
  return { projected: hasOld ? await readProjection(nats.bus, scope) : null, mark: null };
}

function sceneOf(context: Context, group: Stored<GroupObject>): Pick<GroupScene, "view" | "scope" | "pipeline"> {
  const { informers, nats, clock } = context;
  const { namespace = "", name: resourceName, uid } = group.metadata;
  const { name, pipeline, scope } = placeOf(context, group);
  const key = groupKey(namespace, name.pipeline ?? "", name.group);
  const revision = pipeline === undefined ? undefined : revisionsOf(informers, pipeline)[0];
  const deployments = informers
    .deploymentsOf(key)
    .map(readDeployment)
    .sort((a, b) => a.createdMs - b.createdMs);
  const role = roleOf(context, { group, pipeline, revision, hasDeployments: deployments.length > 0 });
  const isServing = role.kind === "serving";
  const view: GroupView = {
    group,
    owner: { ...ownedBy(group), uid },
    name,
    role,
    deployments: isServing ? deployments : ownOnes(role, deployments, uid),
    pods: isServing ? informers.podsOf(key).map(readPod) : [],
    disruptionBudget: informers.disruptionBudgets.get({ namespace, name: resourceName }),
    load:
      name.pipeline === null
        ? freeLoadView(nats.known(scope), name.group)
        : loadView(nats.known(scope), name.group, revision?.revision.id ?? null),
    nats: nats.state,
    nowMs: clock.nowMs(),
  };
  return { view, scope, pipeline };
}

/** What it is called, and which pipeline's state it is a part of: a free-standing Group is its own. */
function placeOf(
  { informers }: Context,
  { metadata, spec }: Stored<GroupObject>,
): Pick<GroupScene, "scope" | "pipeline"> & { readonly name: GroupView["name"] } {
  const { namespace = "", name, uid } = metadata;
  if (spec.pipelineRef === undefined)
    return {
      name: { pipeline: null, group: name, namespace },
      pipeline: undefined,
      scope: { namespace, pipeline: name, uid },
    };
  const pipeline = informers.pipelines.get({ namespace, name: spec.pipelineRef.name });
  return {
    name: { pipeline: spec.pipelineRef.name, group: spec.group ?? name, namespace },
    pipeline,
    scope: { namespace, pipeline: spec.pipelineRef.name, uid: pipeline?.metadata.uid ?? uid },
  };
}

/** What another Group settles is that one's to move, and its pods are not to be touched. */
function ownOnes(
  role: Extract<GroupRole, { kind: "idle" }>,
  deployments: readonly ObservedDeployment[],
  uid: string,
): ObservedDeployment[] {
  if (role.refusal.reason === "DuplicateGroup") return [];
  return deployments.filter(({ ownerUid }) => ownerUid === uid);
}

function roleOf(
  { informers, installation, credentials }: Context,
  from: {
    readonly group: Stored<GroupObject>;
    readonly pipeline: Stored<PipelineObject> | undefined;
    readonly revision: StoredRevision | undefined;
    readonly hasDeployments: boolean;
  },
): GroupRole {
  const { group, pipeline, revision } = from;
  const { namespace = "", name, uid } = group.metadata;
  const hasOwnCredentials = credentials.kind === "minted";
  if (group.spec.pipelineRef === undefined) {
    const source = contentHashOf(informers, namespace, group.spec.source?.configMap);
    const credentialsSecret =
      credentials.kind === "none" ? null : credentialsSecretName({ pipeline: null, group: name });
    return freeRole({ group, namespace, uid, source, installation, credentialsSecret, hasOwnCredentials });
  }
  return memberRole({
    group,
    pipeline: pipeline?.metadata.deletionTimestamp === undefined ? pipeline : undefined,
    siblings: informers.groupsOfPipeline(`${namespace}/${group.spec.pipelineRef.name}`),
    source: contentHashOf(informers, namespace, pipeline?.spec.source?.configMap),
    current: revision,
    hasDeployments: from.hasDeployments,
    installation,
    hasOwnCredentials,
  });
}

/** Jobs of an old revision can still come as long as the coordinator has not taken over the new one: until then it is not known how many. */
function loadView(known: ReturnType<Context["nats"]["known"]>, group: string, current: string | null): GroupLoadView {
  const { load, groups } = known;
  const own = load?.groups.find(({ name }) => name === group);
  const isUpToDate = load !== null && load.revision === current;
  return {
    load:
      load === null ? null : (own ?? { name: group, queued: 0, running: 0, ready: {}, pinned: {}, lastBusyAt: null }),
    report: groups.get(group) ?? null,
    pinned: (hash) => (isUpToDate ? (own?.pinned[hash] ?? 0) : null),
  };
}

/** Nothing is pinned to a template: actors that are on an old one begin anew on another, as their orders say. */
function freeLoadView({ load, groups }: ReturnType<Context["nats"]["known"]>, group: string): GroupLoadView {
  return {
    load: load?.groups.find(({ name }) => name === group) ?? null,
    report: groups.get(group) ?? null,
    pinned: () => 0,
  };
}
