/**
 * A program that uses actors, pools and chunked maps, and measures what it sees. Prints one JSON object a line, `{ name, value }`:
 * the same ones that bench/peers/ray_actors.py prints for Ray.
 */
import { actor, ActorPool, chunk, Chunker, put, startActors, type ActorHandle } from "@troupe/sdk";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { cpuMicros, processTree, pssMib } from "../measure/processes.ts";

const { values } = parseArgs({
  options: {
    trials: { type: "string", default: "5" },
    calls: { type: "string", default: "1000" },
    pipelined: { type: "string", default: "2000" },
    elements: { type: "string", default: "1000" },
    cold: { type: "string", default: "3" },
    megabytes: { type: "string", default: "100" },
  },
});
const [trials, calls, pipelined, elements, cold, megabytes] = [
  values.trials,
  values.calls,
  values.pipelined,
  values.elements,
  values.cold,
  values.megabytes,
].map(Number) as [number, number, number, number, number, number];

const WORKERS = 4;
const SETTLE_MS = 3_000;
const MB = 1_000_000;

// Without a variable from around them, these travel as they stand here.
class Empty {
  nothing(): null {
    return null;
  }
  take(array: Float64Array): number {
    return array.length;
  }
  exit(): void {
    process.exit(1);
  }
}

function nothing(_element: number): null {
  return null;
}

const inputs = Array.from({ length: elements }, (_, index) => index);

for (let round = 0; round < cold; round++) say("chunkColdSeconds", await seconds(async () => map()));

const group = await startActors();
await delay(SETTLE_MS);
say("idleMib", pssMib(processTree(process.pid)));
await oneAfterAnother(await actor(Empty));
await allAtOnce(await actor(Empty));
await pool();
await warmChunks();
await nextActors();
await afterCrash();
await largeArray();
await group.close();

function say(name: string, value: number | readonly number[]): void {
  console.log(JSON.stringify({ name, value }));
}

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await work();
  return (performance.now() - begun) / 1000;
}

type CpuTimes = ReadonlyMap<number, number>;

/** CPU microseconds of this process and all that it has started, by their ids. */
function cpuTimes(): CpuTimes {
  return new Map(processTree(process.pid).map((pid) => [pid, cpuMicros(pid)]));
}

/** What those that are there now have taken since. Those that ended meanwhile are not counted. */
function cpuMsSince(before: CpuTimes): number {
  return [...cpuTimes()].reduce((sum, [pid, micros]) => sum + micros - (before.get(pid) ?? 0), 0) / 1000;
}

/** Runs `work` once to warm up and then `trials` times, and says how many units it did a second and what each cost. */
async function rates(name: string, units: number, work: () => Promise<unknown>): Promise<void> {
  await work();
  for (let trial = 0; trial < trials; trial++) {
    const before = cpuTimes();
    const taken = await seconds(work);
    say(`${name}PerSecond`, units / taken);
    say(`${name}CpuMs`, cpuMsSince(before) / units);
  }
}

async function map(): Promise<unknown> {
  return chunk(nothing, inputs, { chunkSize: WORKERS, progress: false });
}

async function oneAfterAnother(empty: ActorHandle<Empty>): Promise<void> {
  const latencies: number[] = [];
  await rates("sequential", calls, async () => {
    for (let call = 0; call < calls; call++) {
      const begun = performance.now();
      await empty.nothing();
      latencies.push(performance.now() - begun);
    }
  });
  say("latenciesMs", latencies.slice(calls)); // the first round warmed up
}

async function allAtOnce(empty: ActorHandle<Empty>): Promise<void> {
  await rates("pipelined", pipelined, async () =>
    Promise.all(Array.from({ length: pipelined }, async () => empty.nothing())),
  );
}

async function makeWorkers(): Promise<ActorHandle<Empty>[]> {
  return Promise.all(Array.from({ length: WORKERS }, async () => actor(Empty)));
}

async function pool(): Promise<void> {
  const workers = new ActorPool(await makeWorkers());
  await rates("pool", elements, async () => {
    for await (const _ of workers.map(async (each) => each.nothing(), inputs));
  });
}

async function warmChunks(): Promise<void> {
  for (let trial = 0; trial < trials; trial++) say("chunkSeconds", await seconds(map));
  await using chunker = new Chunker(nothing, { chunkSize: WORKERS, progress: false });
  await rates("chunker", elements, async () => chunker(inputs));
}

async function nextActors(): Promise<void> {
  for (let trial = 0; trial < trials; trial++) {
    say("actorSeconds", await seconds(async () => (await actor(Empty)).nothing()));
  }
}

async function afterCrash(): Promise<void> {
  const mortal = await actor(Empty, [], { maxRestarts: -1 });
  await mortal.nothing();
  for (let trial = 0; trial < trials; trial++) {
    const taken = await seconds(async () => {
      await mortal.exit().catch(() => undefined);
      while (!(await mortal.nothing().then(isDone, isLost)));
    });
    say("crashSeconds", taken);
    await delay(500); // its next spare is there, as in a program that does not crash all the time
  }
}

function isDone(): boolean {
  return true;
}

function isLost(): boolean {
  return false;
}

async function largeArray(): Promise<void> {
  const array = new Float64Array((megabytes * MB) / 8).fill(1);
  const taker = await actor(Empty);
  for (let trial = 0; trial < trials; trial++) {
    const begun = performance.now();
    using ref = await put(array);
    say("putMs", performance.now() - begun);
    say("takeMs", 1000 * (await seconds(async () => taker.take(ref))));
  }
}
