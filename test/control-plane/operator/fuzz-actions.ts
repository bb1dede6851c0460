/** What users and others do to fuzzed Pipelines and to what the operator makes of them. */
import {
  configMaps,
  controllerRevisions,
  deployments,
  KubeError,
  podDisruptionBudgets,
  type KubeObject,
  type Resource,
} from "../../../operator/src/kube/index.ts";
import { groups, pipelines } from "../../../operator/src/resources.ts";
import type { Dice } from "../crds/dice.ts";
import { declaredGroup, MODULES, pipelineSpec } from "./fuzz-specs.ts";
import type { Place, World } from "./world.ts";

export interface FuzzedPlace {
  readonly world: World;
  readonly place: Place;
  /** Of the Pipelines. */
  readonly names: readonly string[];
  readonly dice: Dice;
  /** Applies a Pipeline, and has its owner speak. */
  readonly apply: (name: string, spec: ReturnType<typeof pipelineSpec>) => Promise<void>;
}

type Act = (at: FuzzedPlace, name: string) => Promise<void>;

/** Each with how often it is done, compared with the others. */
const ACTS: readonly (readonly [what: string, weight: number, act: Act])[] = [
  ["apply", 30, async ({ apply, dice }, name) => apply(name, pipelineSpec(dice, { isWhole: false }))],
  ["delete", 8, async ({ world, place }, name) => remove(world, place, pipelines, name)],
  ["scale a Group", 10, scale],
  ["edit a Group", 5, async (at) => edit(at, groups, { spec: { replicas: at.dice.whole(1, 3) } })],
  ["edit a Deployment", 10, async (at) => edit(at, deployments, { spec: { replicas: at.dice.whole(0, 3) } })],
  ["delete a Group", 5, async (at) => removeOne(at, groups)],
  ["delete a Deployment", 5, async (at) => removeOne(at, deployments)],
  ["delete a budget", 5, async (at) => removeOne(at, podDisruptionBudgets)],
  ["delete a revision", 5, async (at) => removeOne(at, controllerRevisions)],
  ["delete a copy of the modules", 4, async (at) => removeOne(at, configMaps, "troupe.dev/source-of")],
  ["change the modules", 5, changeModules],
  ["declare a Group", 8, declare],
  ["give a declared Group up", 5, async ({ world, place }, name) => remove(world, place, groups, declaredName(name))],
];

/** @returns what was done */
export async function actOnce(at: FuzzedPlace): Promise<string> {
  const name = at.dice.pick(at.names);
  const [what, , act] = at.dice.pick(ACTS.flatMap((each) => Array.from({ length: each[1] }, () => each)));
  await act(at, name).catch(unlessRefused);
  return what;
}

/** What is gone, going, written by another at the same time, or not allowed is as much a part of life as what succeeds. */
export function unlessRefused(error: unknown): void {
  if (!(error instanceof KubeError) || ![404, 409, 422].includes(error.status)) throw error;
}

export const declaredName = (pipeline: string): string => `own-${pipeline}`;

async function declare({ place, dice }: FuzzedPlace, name: string): Promise<void> {
  await place.applyGroup(declaredName(name), declaredGroup(dice, name));
}

async function changeModules({ place, dice }: FuzzedPlace): Promise<void> {
  await place.applyModules(MODULES, { "a.ts": `${dice.whole(1, 4)}` });
}

/** As `kubectl scale` does. */
async function scale({ world, place, dice }: FuzzedPlace): Promise<void> {
  const { namespace } = place;
  const { items } = await world.client.list(groups, { namespace });
  if (items.length === 0) return;
  const path = `/apis/troupe.dev/v1alpha1/namespaces/${namespace}/groups/${dice.pick(items).metadata.name}/scale`;
  const content = { spec: { replicas: dice.whole(0, 3) } };
  await world.client.request("PATCH", path, {}, { content, type: "application/merge-patch+json" });
}

/** Somebody writes into one of a kind. */
async function edit<T extends KubeObject>(at: FuzzedPlace, resource: Resource<T>, body: object): Promise<void> {
  const { world, place, dice } = at;
  const { namespace } = place;
  const { items } = await world.client.list(resource, { namespace });
  if (items.length === 0) return;
  const key = { namespace, name: dice.pick(items).metadata.name };
  await world.client.patch(resource, key, { type: "merge", body }, { fieldManager: "somebody" });
}

async function removeOne<T extends KubeObject>(at: FuzzedPlace, resource: Resource<T>, label?: string): Promise<void> {
  const { world, place, dice } = at;
  const { items } = await world.client.list(resource, { namespace: place.namespace, labelSelector: label });
  if (items.length > 0) await remove(world, place, resource, dice.pick(items).metadata.name);
}

async function remove<T extends KubeObject>(
  { client }: World,
  { namespace }: Place,
  resource: Resource<T>,
  name: string,
): Promise<void> {
  await client.delete(resource, { namespace, name });
}
