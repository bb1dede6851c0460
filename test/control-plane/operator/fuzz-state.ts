/** All that there is of fuzzed Pipelines, in words that two namespaces have in common: names, uids and hashes that differ are taken out. */
import { readProjection, readRevision, type Bus } from "@troupe/protocol";
import {
  configMaps,
  controllerRevisions,
  podDisruptionBudgets,
  type ControllerRevision,
  type KubeObject,
  type Stored,
} from "../../../operator/src/kube/index.ts";
import type { Place, World } from "./world.ts";

interface Seeing {
  readonly world: World;
  readonly bus: Bus;
  readonly names: readonly string[];
}

/** Old revisions that may be kept beside the current one; which they are depends on what was before. */
const SPARE = 3;

export async function stateOf(at: Seeing, place: Place): Promise<string> {
  const { namespace } = place;
  const { client } = at.world;
  const list = { namespace };
  const [{ items: revisions }, { items: copies }, { items: budgets }] = await Promise.all([
    client.list(controllerRevisions, list),
    client.list(configMaps, { ...list, labelSelector: "troupe.dev/source-of" }),
    client.list(podDisruptionBudgets, list),
  ]);
  const [groups, deployments] = await Promise.all([place.groups(), place.deployments()]);
  const found = await Promise.all(at.names.map(async (name) => place.pipeline(name)));
  const living = found.filter((pipeline) => pipeline !== undefined);
  const newest = living.map((pipeline) => newestOf(pipeline.metadata.uid, revisions));
  const inUse = JSON.stringify(newest);
  const state = {
    pipelines: living.map(({ metadata, status }) => [
      metadata.name,
      status?.conditions.map(wordsOf),
      status?.groupsReady,
      status?.groups?.map(({ name, ready }) => [name, ready]),
    ]),
    groups: groups.map(({ metadata, spec, status }) => [
      metadata.name,
      ownersOf(metadata),
      spec,
      status?.conditions.map(wordsOf),
      status?.desiredReplicas,
      status?.drainingTemplates,
    ]),
    deployments: deployments.map(({ metadata, spec }) => [metadata.labels, ownersOf(metadata), spec]),
    budgets: budgets.map(({ metadata, spec }) => [metadata.name, ownersOf(metadata), spec]),
    revisions: newest.map((revision): unknown => revision?.data ?? null),
    copies: copies
      .filter(({ metadata }) => inUse.includes(`"${metadata.name}"`))
      .map(({ metadata, data }) => [metadata.name, data]),
    bucket: await Promise.all(living.map(async ({ metadata }) => bucketOf(at.bus, metadata, revisions))),
    leftovers: leftoversOf(
      [...living, ...revisions, ...copies, ...groups, ...deployments, ...budgets],
      revisions,
      at.names,
    ),
  };
  const hashes = deployments.map(({ metadata }) => metadata.labels?.["troupe.dev/template"] ?? "");
  const ids = revisions.map(({ metadata }) => metadata.labels?.["troupe.dev/revision"] ?? "");
  return plain(JSON.stringify(state, null, 1), [namespace, ...hashes, ...ids]);
}

function wordsOf({
  type,
  status,
  reason,
}: {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
}): string {
  return `${type}=${status} ${reason}`;
}

function ownersOf({ ownerReferences = [] }: KubeObject["metadata"]): string[] {
  return ownerReferences.map(({ kind, name }) => `${kind} ${name}`);
}

function newestOf(uid: string, all: readonly Stored<ControllerRevision>[]): Stored<ControllerRevision> | undefined {
  return all.filter((each) => isOwnedBy(each, uid)).toSorted((a, b) => b.revision - a.revision)[0];
}

function isOwnedBy({ metadata }: KubeObject, uid: string): boolean {
  return metadata.ownerReferences?.some((owner) => owner.uid === uid) === true;
}

/** What the bucket says, beside what Kubernetes keeps. */
async function bucketOf(
  bus: Bus,
  { namespace = "", name, uid }: Stored<KubeObject>["metadata"],
  revisions: readonly Stored<ControllerRevision>[],
): Promise<unknown> {
  const scope = { namespace, pipeline: name, uid };
  const { current, control } = await readProjection(bus, scope);
  const newest = newestOf(uid, revisions);
  const isCurrent = current.value !== null && current.value === newest?.metadata.labels?.["troupe.dev/revision"];
  const isThere = current.value !== null && (await readRevision(bus, scope, current.value)) !== null;
  return { isCurrent, isThere, control: control.value };
}

/** What belongs to nobody who lives, and revisions that nobody needs. */
function leftoversOf(
  objects: readonly Stored<KubeObject>[],
  revisions: readonly Stored<ControllerRevision>[],
  names: readonly string[],
): string[] {
  const uids = new Set(objects.map(({ metadata }) => metadata.uid));
  const orphans = objects.flatMap((object) => {
    const owners = object.metadata.ownerReferences ?? [];
    const lost = owners.filter(({ uid }) => !uids.has(uid));
    return lost.map(({ name }) => `${object.kind} ${object.metadata.name} of ${name}`);
  });
  const tooMany = names.filter(
    (name) => revisions.filter(({ metadata }) => metadata.labels?.["troupe.dev/pipeline"] === name).length > 1 + SPARE,
  );
  return [...orphans, ...tooMany.map((name) => `revisions of ${name}`)];
}

const UID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

function plain(text: string, own: readonly string[]): string {
  const words = [...new Set(own)].filter((word) => word !== "").toSorted((a, b) => b.length - a.length);
  return words.reduce((so, word) => so.replaceAll(word, "…"), text.replace(UID, "uid"));
}
