/**
 * The pipelines of MAGDA's articles, whose modules sleep: how far their timelines lie above the ideal. Nothing happens for a second at a time, so it
 * matters how fast the machine wakes: beside them stand the first one with the cores kept awake, and the bare way of a job after such a second.
 */
import { setTimeout as delay } from "node:timers/promises";
import { median } from "../measure/quantile.ts";
import { atMost, type Figure } from "../report/figure.ts";
import { keepAwake } from "../system/awake.ts";
import type { Troupe } from "../system/bundle.ts";
import { startFloor } from "../system/floor.ts";
import { newPipeline, type AnyPipeline } from "../system/pipelines.ts";
import { startPipeline } from "../system/start.ts";
import type { Context, Section } from "./section.ts";

const ABOVE_IDEAL_MS = atMost(40);
/** Sleeps are this much shorter with --quick. */
const QUICK_SCALE = 0.05;

interface Seed {
  readonly id: string;
  readonly text: string;
  readonly jobs: number;
  readonly idealSeconds: number;
  readonly build: (troupe: Troupe, second: number) => AnyPipeline;
}

const SEEDS: readonly Seed[] = [
  { id: "simple", text: "five modules in three groups, 3 jobs", jobs: 3, idealSeconds: 8, build: simple },
  { id: "resources", text: "claims of GPUs and CPUs, 3 jobs", jobs: 3, idealSeconds: 4, build: resources },
  { id: "pool", text: "three replicas of the long one, 3 jobs", jobs: 3, idealSeconds: 9, build: actorPool },
  { id: "pool4", text: "three replicas of the long one, 4 jobs", jobs: 4, idealSeconds: 12, build: actorPool },
];

export const seeds: Section = {
  name: "seeds",
  title: "The timelines of MAGDA's articles",
  run: async (context) => {
    const figures: Figure[] = [];
    for (const seed of SEEDS) figures.push(await measure(seed, context));
    figures.push(...(await whatWakingCosts(context)));
    return figures;
  },
};

async function whatWakingCosts(context: Context): Promise<Figure[]> {
  const [asleep, hot] = await bareWay(context);
  await using _awake = await keepAwake();
  const [awake] = await bareWay(context);
  const [first] = SEEDS;
  if (first === undefined) throw new Error("there is no seed");
  const figure = await measure(first, context);
  return [
    { ...figure, id: `${figure.id}.awake`, text: "  the first, with the cores kept awake" },
    { id: "seeds.bare.hot", text: "the bare way of a job, again and again, p50", unit: "ms", value: hot },
    { id: "seeds.bare.asleep", text: "  after a second of nothing", unit: "ms", value: asleep },
    { id: "seeds.bare.awake", text: "  after a second, with the cores kept awake", unit: "ms", value: awake },
  ];
}

/** @returns medians in milliseconds: after a pause, and without. */
async function bareWay(context: Context): Promise<readonly [rare: number, hot: number]> {
  const { quick, say } = context;
  say("the bare way of a job after a second of nothing");
  await using floor = await startFloor(context);
  const taken = async (count: number, pauseMs: number): Promise<number> => {
    const times: number[] = [];
    for (let pass = 0; pass < count; pass++) {
      if (pauseMs > 0) await delay(pauseMs);
      const begun = performance.now();
      await floor.pass();
      times.push(performance.now() - begun);
    }
    return median(times);
  };
  const hot = await taken(quick ? 200 : 2_000, 0);
  return [await taken(10, quick ? 50 : 1_000), hot];
}

async function measure(
  { id, text, jobs, idealSeconds, build }: Seed,
  { troupe, quick, say }: Context,
): Promise<Figure> {
  const second = quick ? 1_000 * QUICK_SCALE : 1_000;
  const idealMs = idealSeconds * second;
  say(`${text}: ${(idealMs / 1000).toFixed(1)} s`);
  await using running = await startPipeline(build(troupe, second));
  // Every replica is up once as many jobs as there are replicas have passed at the same time.
  await running.client.runMany(Array.from({ length: jobs }, () => ({ ms: 100 })));
  const begun = performance.now();
  const outcomes = await running.client.runMany(Array.from({ length: jobs }, () => null));
  const tookMs = performance.now() - begun;
  if (outcomes.some(({ state }) => state !== "done")) throw new Error(`a job of ${id} failed`);
  const note = `${(tookMs / 1000).toFixed(3)} s instead of ${(idealMs / 1000).toFixed(1)}`;
  return {
    id: `seeds.${id}.aboveIdeal`,
    text: `${text}: above the ideal`,
    unit: "ms",
    value: tookMs - idealMs,
    target: ABOVE_IDEAL_MS,
    note,
  };
}

function simple(troupe: Troupe, second: number): AnyPipeline {
  const parameters = { ms: second };
  return newPipeline(troupe, "simple")
    .addModule("A", "wait", { group: "g1", parameters })
    .addModule("B", "wait", { group: "g1", dependsOn: "A", parameters })
    .addModule("C", "wait", { group: "g2", parameters })
    .addModule("D", "wait", { group: "g3", dependsOn: ["B", "C"], parameters })
    .addModule("E", "wait", { group: "g3", dependsOn: "D", parameters });
}

function resources(troupe: Troupe, second: number): AnyPipeline {
  const parameters = { ms: second };
  return newPipeline(troupe, "resources")
    .addGroup({ name: "g1", gpu: 1 })
    .addGroup({ name: "g2", cpu: 4, gpu: "0.5" })
    .addModule("A", "wait", { group: "g1", parameters })
    .addModule("B", "wait", { group: "g2", parameters })
    .addModule("C", "wait", { group: "g3", dependsOn: ["A", "B"], parameters });
}

function actorPool(troupe: Troupe, second: number): AnyPipeline {
  return newPipeline(troupe, "pool")
    .addGroup({ name: "g2", replicas: 3 })
    .addModule("A", "wait", { group: "g1", parameters: { ms: second } })
    .addModule("B", "wait", { group: "g2", dependsOn: "A", parameters: { ms: 5 * second } })
    .addModule("C", "wait", { group: "g3", dependsOn: "B", parameters: { ms: second } });
}
