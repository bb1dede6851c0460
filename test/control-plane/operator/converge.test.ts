import test from "ava";
import { setTimeout as delay } from "node:timers/promises";
import type { GroupManifestSpec } from "@troupe/model";
import { connectBus } from "@troupe/protocol";
import { controllerRevisions, type KubeObject } from "../../../operator/src/kube/index.ts";
import { groups } from "../../../operator/src/resources.ts";
import { eventually } from "../../support/eventually.ts";
import { Dice } from "../crds/dice.ts";
import { auditedWrites, kindOfWrite, type AuditedWrite } from "./audited-writes.ts";
import { actOnce, declaredName, unlessRefused, type FuzzedPlace } from "./fuzz-actions.ts";
import { declaredGroup, MODULES, pipelineSpec } from "./fuzz-specs.ts";
import { stateOf } from "./fuzz-state.ts";
import { MortalOperator } from "./mortal-operator.ts";
import { OperatorProcess } from "./operator-process.ts";
import { sayLoad, type ScriptedLoad } from "./scripted-load.ts";
import { sharedWorld } from "./shared-world.ts";
import { Place } from "./world.ts";

const world = sharedWorld({ operator: false });

const IMAGE = { image: "example.test/modules:1" };
const COUNT = 1_000;
/** The others have no replicas. */
const EVERY_WITH_PODS = 100;
const PIPELINES = ["p", "q"];

/** How many of each kind of write. */
function tally(writes: readonly AuditedWrite[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const write of writes) counts[kindOfWrite(write)] = (counts[kindOfWrite(write)] ?? 0) + 1;
  return counts;
}

/** How many visits of a controller an operator has ended, whatever came of them. */
async function visits(port: number, controller: string): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  const counts = [...text.matchAll(new RegExp(`controller="${controller}",result="[a-z]+"} (\\d+)`, "g"))];
  return counts.reduce((sum, [, count]) => sum + Number(count), 0);
}

test.serial(
  `${COUNT} Groups become Deployments with 6 writes a Group at most; an operator that starts anew writes nothing, nor does one that visits everything again`,
  async (t) => {
    // The runner ends what says nothing for two minutes, and a busy machine may take longer.
    t.timeout(900_000);
    const place = await Place.in(world);
    await using first = new OperatorProcess(world);
    await first.started();
    const names = Array.from({ length: COUNT }, (_, index) => `g${index}`);
    const began = performance.now();
    const next = names.entries();
    await Promise.all(
      Array.from({ length: 16 }, async () => {
        for (const [index, name] of next)
          await place.applyGroup(name, { source: IMAGE, replicas: index % EVERY_WITH_PODS === 0 ? 1 : 0 });
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
    const modules = [{ name: "A", type: "example", group: "g" }];
    for (const name of PIPELINES) await place.applyPipeline(name, { source: IMAGE, modules });
    const stop = place.keepPodsReady("troupe.dev/group");
    t.teardown(stop);
    await eventually(
      "every Group that has pods is ready, and every Pipeline has been looked at",
      async () => {
        const ready = (await place.groups()).filter(({ status }) =>
          status?.conditions.some(({ type, reason }) => type === "Ready" && reason === "ReplicasReady"),
        );
        const found = await Promise.all(PIPELINES.map(async (name) => place.condition("pipeline", name, "Ready")));
        const areSeen = found.every((condition) => condition === "False CoordinatorUnavailable");
        return ready.length === COUNT / EVERY_WITH_PODS + PIPELINES.length && areSeen;
      },
      400_000,
    );
    await first.kill("SIGTERM");
    // Also what it had still to say of what it saw.
    const before = (await auditedWrites(world, place.namespace, { withEvents: true })).length;
    await using second = new OperatorProcess(world, { env: { TROUPE_RESYNC_SECONDS: "2" } });
    const port = await second.started();
    for (const [controller, count] of [
      ["group", COUNT + PIPELINES.length],
      ["pipeline", PIPELINES.length],
    ] as const)
      // As they are read, and by resyncs, which come every two seconds.
      await eventually(
        `every ${controller} was visited, and again`,
        async () => (await visits(port, controller)) >= 4 * count,
        400_000,
      );
    const after = await auditedWrites(world, place.namespace, { withEvents: true });
    t.deepEqual(after.slice(before), []);
  },
);

test.serial("SIGTERM ends it in order", async (t) => {
  await using operator = new OperatorProcess(world);
  await operator.started();
  t.is(await operator.kill("SIGTERM"), 0);
});

const SEED = Number(process.env["TROUPE_SEED"] ?? Date.now() % 100_000);
const ACTIONS = 60;
const KILLS = 4;
const NAMES = PIPELINES;
const PODS = "troupe.dev/group";
/** As long as garbage collection and a busy machine may need. */
const CONVERGENCE_MS = 300_000;

test.serial(
  `whatever happens, also to the operator, it comes to what a fresh apply comes to (TROUPE_SEED=${SEED})`,
  async (t) => {
    t.timeout(1_200_000);
    await using ends = new AsyncDisposableStack();
    const bus = ends.use(await connectBus({ url: world.nats.url, name: "test" }));
    const seeing = { world, bus, names: NAMES };
    const [dice, fate] = [new Dice(SEED), new Dice(SEED + 1)];
    const place = await Place.in(world);
    await place.applyModules(MODULES, { "a.ts": "0" });
    ends.defer(place.keepPodsReady(PODS));
    const mortal = ends.use(new MortalOperator(world));
    const apply = speaking(ends, place);

    const [done] = await Promise.all([
      liveOn({ world, place, names: NAMES, dice, apply }, mortal),
      mortal.dieTimes(KILLS, fate),
    ]);
    t.log(`${mortal.deaths} deaths of the operator during`, done);
    t.true(mortal.deaths >= KILLS);

    const fresh = await Place.in(world);
    ends.defer(fresh.keepPodsReady(PODS));
    const applyFresh = speaking(ends, fresh);
    for (const each of [place, fresh]) await each.applyModules(MODULES, { "a.ts": "the end" });
    const expected: string[] = [];
    for (const name of NAMES) {
      const spec = pipelineSpec(dice, { isWhole: true });
      // A declared number beside autoscale would be refused, and rightly.
      const isFree = spec.groups?.[0]?.autoscale === undefined;
      const declared = isFree && dice.chance(0.6) ? declaredGroup(dice, name) : null;
      expected.push(spec.suspend === true ? "True Suspended" : "True AllGroupsReady");
      for (const [where, applyThere] of [
        [place, apply],
        [fresh, applyFresh],
      ] as const) {
        await settle(where, name, { declared, apply: async () => applyThere(name, spec) });
      }
    }
    let [seen, wanted, conditions] = ["", "", [""]];
    const same = async (): Promise<boolean> => {
      [seen, wanted] = await Promise.all([stateOf(seeing, place), stateOf(seeing, fresh)]);
      conditions = await Promise.all(NAMES.map(async (name) => fresh.condition("pipeline", name, "Ready")));
      return seen === wanted && JSON.stringify(conditions) === JSON.stringify(expected);
    };
    try {
      await eventually("both places are the same, and as they should be", same, CONVERGENCE_MS);
    } catch (error) {
      t.log("as it was left:", ...(await plainWords(place)));
      t.log("fresh:", ...(await plainWords(fresh)));
      t.log("the operator says:\n", mortal.tail);
      t.deepEqual(conditions, expected);
      t.is(seen, wanted);
      throw error;
    }
    t.deepEqual(conditions, expected);
    t.is(seen, wanted);
    t.regex(wanted, /"isCurrent": true/);
  },
);

/** Actions, until there were enough and the operator has died often enough. @returns how often each was done */
async function liveOn(at: FuzzedPlace, mortal: MortalOperator): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (let count = 0; count < ACTIONS || mortal.deaths < KILLS; count += 1) {
    const what = await actOnce(at);
    counts[what] = (counts[what] ?? 0) + 1;
    await delay(at.dice.fraction() * 300);
  }
  return counts;
}

/** Applies Pipelines of a place, and has the owner of each incarnation speak. */
function speaking(ends: AsyncDisposableStack, place: Place): FuzzedPlace["apply"] {
  const loads = new Map<string, { readonly uid: string; readonly load: ScriptedLoad }>();
  return async (name, spec) => {
    const { metadata } = await place.applyPipeline(name, spec);
    if (loads.get(name)?.uid === metadata.uid) return;
    loads.get(name)?.load[Symbol.dispose]();
    loads.set(name, { uid: metadata.uid, load: ends.use(sayLoad(world, place, metadata.uid, name)) });
  };
}

/** A Pipeline, and the Group that a user declares for it, or does not; what is being deleted takes no apply that would matter. */
async function settle(
  place: Place,
  name: string,
  { declared, apply }: { readonly declared: GroupManifestSpec | null; readonly apply: () => Promise<void> },
): Promise<void> {
  const own = { namespace: place.namespace, name: declaredName(name) };
  const isLiving = (found: KubeObject | undefined): boolean =>
    found !== undefined && found.metadata.deletionTimestamp === undefined;
  await eventually(
    `${name} can be applied`,
    async () => {
      await apply().catch(unlessRefused);
      if (!isLiving(await place.pipeline(name))) return false;
      if (declared === null) await world.client.delete(groups, own);
      else await place.applyGroup(own.name, declared).catch(unlessRefused);
      const found = await place.group(own.name);
      return declared === null ? found === undefined : isLiving(found);
    },
    CONVERGENCE_MS,
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
