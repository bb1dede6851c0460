/** Does what a plan says, in Kubernetes and then in NATS: a revision that nobody could restore is never handed out. */
import { deleteRevision, project, projectRevision, type Bus, type Projected, type Scope } from "@troupe/protocol";
import type { ChildWriter } from "../children/child-writer.ts";
import type { Context } from "../context.ts";
import { groups, type PipelineObject } from "../resources.ts";
import { controllerRevisions, type Stored } from "../kube/index.ts";
import { copySource } from "./copy-source.ts";
import type { PipelineView } from "./pipeline-view.ts";
import type { PipelineAction, PipelinePlan } from "./plan-pipeline.ts";

/** The manager that holds a number of replicas which the Pipeline has let go of, until somebody scales the Group. */
const RELEASED_MANAGER = "troupe-released";

export async function applyPipeline(
  context: Context,
  writer: ChildWriter,
  pipeline: Stored<PipelineObject>,
  { view, plan }: { readonly view: PipelineView; readonly plan: PipelinePlan },
): Promise<void> {
  for (const action of plan.actions) await perform(context, writer, { pipeline, view, action });
}

async function perform(
  context: Context,
  writer: ChildWriter,
  { pipeline, view, action }: { pipeline: Stored<PipelineObject>; view: PipelineView; action: PipelineAction },
): Promise<void> {
  const { namespace } = view;
  switch (action.kind) {
    case "apply":
      return writer.apply(action.child, observedOf(context, namespace, action.child));
    case "keep-replicas": {
      await context.client.apply(groups, action.child, { fieldManager: RELEASED_MANAGER });
      return;
    }
    case "drop-replicas": {
      const body = { spec: { replicas: null } };
      await context.client.patch(groups, { namespace, name: action.group }, { type: "merge", body });
      return;
    }
    case "copy-source":
      return copySource(context, writer, pipeline);
    case "delete":
      return writer.delete(action.of, { namespace, name: action.name });
  }
}

function observedOf(
  { informers }: Context,
  namespace: string,
  child: { kind: string; metadata: { name: string } },
): unknown {
  const key = { namespace, name: child.metadata.name };
  return child.kind === controllerRevisions.kind ? informers.revisions.get(key) : informers.groups.get(key);
}

/** What the bucket has been brought to, as far as this process knows. */
export interface ProjectionMemory {
  /** The connection on which it was checked: a server that comes back may have lost what it had. */
  readonly connection: number;
  readonly revisions: ReadonlySet<string>;
}

/** Brings the bucket to what Kubernetes keeps. Writes where it differs, in an order in which nobody is led to what is not there. */
export async function projectPipeline(
  bus: Bus,
  scope: Scope,
  plan: PipelinePlan,
  before: {
    readonly connection: number;
    readonly memory: ProjectionMemory | undefined;
    /** What the plan was made from. */
    readonly seen: Projected;
  },
): Promise<ProjectionMemory> {
  const known = before.memory?.connection === before.connection ? before.memory.revisions : new Set<string>();
  const revisions = [
    ...(plan.current === null ? [] : [plan.current.revision]),
    ...plan.kept.map(({ revision }) => revision),
  ];
  const wanted = { current: plan.current?.revision ?? null, control: plan.control };
  // The one that becomes the current one is written with what says so.
  const isCarried = (id: string): boolean => id === wanted.current?.id && id !== before.seen.current.value;
  for (const revision of revisions)
    if (!known.has(revision.id) && !isCarried(revision.id)) await projectRevision(bus, scope, revision);
  await project(bus, scope, wanted, before.seen);
  for (const id of plan.dropped) await deleteRevision(bus, scope, id);
  return { connection: before.connection, revisions: new Set(revisions.map(({ id }) => id)) };
}
