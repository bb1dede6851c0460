import test from "ava";
import { setTimeout as delay } from "node:timers/promises";
import type { PipelineSpec } from "@troupe/model";
import {
  controllerRevisions,
  deployments,
  podDisruptionBudgets,
  type KubeObject,
  type Resource,
} from "../../../operator/src/kube/index.ts";
import { groups, pipelines } from "../../../operator/src/resources.ts";
import { eventually } from "../../support/eventually.ts";
import { auditedWrites, kindOfWrite, type AuditedWrite } from "./audited-writes.ts";
import { OperatorProcess } from "./operator-process.ts";
import { sayLoad, type ScriptedLoad } from "./scripted-load.ts";
import { sharedWorld } from "./shared-world.ts";
import { Place } from "./world.ts";

const world = sharedWorld({ audit: true, operator: false });

const IMAGE = { image: "example.test/modules:1" };
const COUNT = 1_000;

/** How many of each kind of write. */
function tally(writes: readonly AuditedWrite[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const write of writes) counts[kindOfWrite(write)] = (counts[kindOfWrite(write)] ?? 0) + 1;
  return counts;
}

test.serial(
  `${COUNT} Groups become Deployments with 6 writes a Group at most, and an operator that starts anew writes nothing`,
  async (t) => {
    // The runner ends what says nothing for two minutes, and a busy machine may take longer.
    t.timeout(900_000);
    const place = await Place.in(world);
    await using first = new OperatorProcess(world);
    await first.started();
    const names = Array.from({ length: COUNT }, (_, index) => `g${index}`);
    const began = performance.now();
    const next = names.values();
    await Promise.all(
      Array.from({ length: 16 }, async () => {
        for (const name of next) await place.applyGroup(name, { source: IMAGE, replicas: 0 });
      }),
    );
    const applied = performance.now();
    await eventually(
      "every Group says that it has been looked at",
      async () => (await place.groups()).every(({ status }) => status?.conditions.some(({ type }) => type === "Ready")),
      400_000,
    );
    const done = performance.now();
    t.is((await place.deployments()).length, COUNT);
    const made = await auditedWrites(world, place.namespace);
    t.log(
      `${COUNT} applied in ${((applied - began) / 1000).toFixed(1)} s, all looked at after ${((done - began) / 1000).toFixed(1)} s, ${(made.length / COUNT).toFixed(2)} writes a Group`,
    );
    // One each: the finalizer (a free-standing Group has streams in NATS, which have to go with it), Deployment, budget, status.
    t.log(tally(made));
    t.true(made.length <= 6 * COUNT, `${made.length} writes`);
    await first.kill("SIGTERM");
    await using second = new OperatorProcess(world);
    const port = await second.started();
    await eventually(
      "every Group was visited",
      async () => {
        const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
        return Number(/controller="group",result="settled"} (\d+)/.exec(text)?.[1] ?? 0) >= COUNT;
      },
      400_000,
    );
    t.deepEqual((await auditedWrites(world, place.namespace)).slice(made.length), []);
  },
);

test.serial("SIGTERM ends it in order", async (t) => {
  await using operator = new OperatorProcess(world);
  await operator.started();
  t.is(await operator.kill("SIGTERM"), 0);
});

const SEED = Number(process.env["TROUPE_SEED"] ?? Date.now() % 100_000);
const STEPS = 25;
const NAMES = ["p", "q"];

test.serial("whatever users, others and a killed operator do, it comes to what a fresh apply comes to", async (t) => {
  t.log(`TROUPE_SEED=${SEED}`);
  const random = randomOf(SEED);
  const place = await Place.in(world);
  const loads = new Map<string, { uid: string; load: ScriptedLoad }>();
  await using ends = new AsyncDisposableStack();
  ends.defer(place.keepPodsReady("troupe.dev/group"));
  let operator = new OperatorProcess(world);
  ends.defer(async () => operator[Symbol.asyncDispose]());
  await operator.started();
  const apply = async (name: string, spec: PipelineSpec): Promise<void> => {
    const { metadata } = await place.applyPipeline(name, spec);
    if (loads.get(name)?.uid === metadata.uid) return;
    loads.get(name)?.load[Symbol.dispose]();
    loads.set(name, { uid: metadata.uid, load: ends.use(sayLoad(world, place, metadata.uid, name)) });
  };
  for (let step = 0; step < STEPS; step += 1) {
    const name = NAMES[Math.floor(random() * NAMES.length)] ?? "p";
    const what = random();
    if (what < 0.35) await apply(name, specOf(random)).catch(ignoreDeleting);
    else if (what < 0.45) await world.client.delete(pipelines, { namespace: place.namespace, name });
    else if (what < 0.6) await spoil(deployments, place, random, { spec: { replicas: Math.floor(random() * 4) } });
    else if (what < 0.7) await spoil(groups, place, random, { spec: { replicas: 1 + Math.floor(random() * 3) } });
    else if (what < 0.75) await spoil(groups, place, random, null);
    else if (what < 0.8) await spoil(podDisruptionBudgets, place, random, null);
    else if (what < 0.85) await spoil(controllerRevisions, place, random, null);
    else if (what < 0.93) await delay(random() * 500);
    else {
      await operator.kill();
      operator = new OperatorProcess(world);
    }
  }
  const final = new Map(NAMES.map((name) => [name, specOf(random)]));
  const fresh = await Place.in(world);
  ends.defer(fresh.keepPodsReady("troupe.dev/group"));
  const say = async (): Promise<void> => {
    t.log("as it was left:", ...(await plainWords(place)));
    t.log("fresh:", ...(await plainWords(fresh)));
    t.log("the operator says:\n", operator.tail);
  };
  for (const [name, spec] of final) {
    const applied = eventually(`${name} can be applied`, async () => {
      await apply(name, spec).catch(ignoreDeleting);
      const found = await place.pipeline(name);
      return found !== undefined && found.metadata.deletionTimestamp === undefined;
    });
    await applied.catch(async (error: unknown) => {
      await say();
      throw error;
    });
    const { metadata } = await fresh.applyPipeline(name, spec);
    ends.use(sayLoad(world, fresh, metadata.uid, name));
  }
  let [seen, expected] = ["", ""];
  const same = eventually(
    "both are the same",
    async () => {
      [seen, expected] = await Promise.all([stateOf(place), stateOf(fresh)]);
      return seen === expected && expected.includes("True AllGroupsReady");
    },
    90_000,
  );
  await same.catch(say);
  t.is(seen, expected);
});

/** A Pipeline that is being deleted takes no apply that would matter. */
function ignoreDeleting(error: unknown): void {
  if (!String(error).includes("409")) throw error;
}

function specOf(random: () => number): PipelineSpec {
  const count = 1 + Math.floor(random() * 3);
  const modules = Array.from({ length: count }, (_, index) => ({
    name: `m${index}`,
    type: "example",
    group: `g${index}`,
    ...(index === 0 ? {} : { dependsOn: [`m${index - 1}`] }),
  }));
  const settings = modules.map(({ group: name }) => ({
    name,
    replicas: 1 + Math.floor(random() * 2),
    concurrency: 1 + Math.floor(random() * 2),
  }));
  return { source: IMAGE, modules, groups: settings };
}

/** Somebody edits, or deletes (`body` null), one of a kind. */
async function spoil<T extends KubeObject>(
  resource: Resource<T>,
  { namespace }: Place,
  random: () => number,
  body: object | null,
): Promise<void> {
  const { items } = await world.client.list(resource, { namespace });
  const chosen = items[Math.floor(random() * items.length)];
  if (chosen === undefined) return;
  const key = { namespace, name: chosen.metadata.name };
  if (body === null) await world.client.delete(resource, key);
  else await world.client.patch(resource, key, { type: "merge", body }, { fieldManager: "somebody" }).catch(unlessGone);
}

function unlessGone(error: unknown): void {
  if (!String(error).includes("404")) throw error;
}

/** What there is, but for names and hashes that differ between two places. */
async function stateOf(place: Place): Promise<string> {
  const [all, made] = [await place.groups(), await place.deployments()];
  const states = await Promise.all(
    NAMES.map(async (name) => `${name} ${await place.condition("pipeline", name, "Ready")}`),
  );
  return JSON.stringify(
    [
      ...states,
      ...all.map(({ metadata, spec }) => [metadata.name, spec]),
      ...made.map(({ metadata, spec }) => [
        metadata.labels?.["troupe.dev/pipeline"],
        metadata.labels?.["troupe.dev/group"],
        spec?.replicas,
        spec?.template.spec?.containers.map(({ image, env }) => [
          image,
          env?.filter(({ name }) => name === "TROUPE_CONCURRENCY").map(({ value }) => value),
        ]),
      ]),
    ].sort(),
    null,
    1,
  );
}

/** How everything is, for a reader who has to find out why it is not as it should be. */
async function plainWords(place: Place): Promise<string[]> {
  const of = (kind: string, object: KubeObject, words: unknown): string =>
    `\n${kind} ${object.metadata.name} (of ${object.metadata.ownerReferences?.map(({ uid }) => uid).join() ?? "nobody"}) ${JSON.stringify(words)}`;
  const { items: revisions } = await world.client.list(controllerRevisions, { namespace: place.namespace });
  const all = await Promise.all(NAMES.map(async (name) => place.pipeline(name)));
  return [
    ...all.filter((found) => found !== undefined).map((found) => of(`Pipeline ${found.metadata.uid}`, found, found)),
    ...(await place.groups()).map((group) => of(`Group ${group.metadata.uid}`, group, group.status)),
    ...revisions.map((revision) => of("ControllerRevision", revision, revision.revision)),
    ...(await place.deployments()).map((found) => of(`Deployment`, found, [found.spec?.replicas, found.status])),
    ...(await place.pods()).map((pod) => of("Pod", pod, pod.status)),
  ];
}

function randomOf(seed: number): () => number {
  let value = seed;
  return () => {
    value = (Math.imul(value, 1664525) + 1013904223) >>> 0;
    return value / 2 ** 32;
  };
}
