/** Actors, pools and chunked maps, beside Ray and thread-chunks with the same calls in the same run. */
import { join } from "node:path";
import { median, quantile } from "../measure/quantile.ts";
import { runPeer } from "../peers/run-peer.ts";
import { runProgram, type Said } from "../peers/run-program.ts";
import { ensurePeer } from "../peers/venv.ts";
import { atLeast, atMost, type Figure } from "../report/figure.ts";
import { short } from "../report/table.ts";
import { BUILD_FOLDER } from "../system/bundle.ts";
import { Skipped, type Context, type Section } from "./section.ts";

interface Measure {
  /** Under which both programs say it. */
  readonly name: string;
  readonly text: string;
  readonly unit: string;
  /** Whether more is better; otherwise less is. */
  readonly isRate: boolean;
  /** The best that was seen of Ray on two cores; undefined: no goal, and no comparison. */
  readonly rayAtBest?: number;
  readonly of?: (samples: readonly number[]) => number;
}

const MEASURES: readonly Measure[] = [
  { name: "sequentialPerSecond", text: "one call after another", unit: "/s", isRate: true, rayAtBest: 964 },
  { name: "latenciesMs", text: "  a call, p50", unit: "ms", isRate: false, rayAtBest: 0.88, of: median },
  {
    name: "latenciesMs",
    text: "  a call, p99",
    unit: "ms",
    isRate: false,
    rayAtBest: 2.3,
    of: (samples) => quantile(samples, 0.99),
  },
  { name: "sequentialCpuMs", text: "  CPU a call", unit: "ms", isRate: false, rayAtBest: 1.13 },
  { name: "pipelinedPerSecond", text: "2,000 calls at once", unit: "/s", isRate: true, rayAtBest: 4_573 },
  { name: "pipelinedCpuMs", text: "  CPU a call", unit: "ms", isRate: false, rayAtBest: 0.38 },
  { name: "poolPerSecond", text: "ActorPool, 1,000 empty tasks, 4 actors", unit: "/s", isRate: true, rayAtBest: 1_504 },
  { name: "poolCpuMs", text: "  CPU a task", unit: "ms", isRate: false, rayAtBest: 1.24 },
  {
    name: "chunkColdSeconds",
    text: "chunk, 1,000 elements, nothing running before",
    unit: "s",
    isRate: false,
    rayAtBest: 8.5,
  },
  { name: "chunkSeconds", text: "  with a group that runs", unit: "s", isRate: false, rayAtBest: 2.73 },
  {
    name: "chunkerPerSecond",
    text: "  by a Chunker, its workers there: elements",
    unit: "/s",
    isRate: true,
    rayAtBest: 1_433,
  },
  { name: "chunkerCpuMs", text: "  CPU an element", unit: "ms", isRate: false, rayAtBest: 1.65 },
  {
    name: "idleMib",
    text: "memory before the first actor, all processes (PSS)",
    unit: "MiB",
    isRate: false,
    rayAtBest: 490,
  },
  { name: "actorSeconds", text: "next actor, to its first result", unit: "s", isRate: false, rayAtBest: 0.23 },
  { name: "crashSeconds", text: "next call after a crash", unit: "s", isRate: false, rayAtBest: 0.3 },
  // Ray maps memory where we copy: no goal, and both are shown.
  { name: "putMs", text: "put 100 MB", unit: "ms", isRate: false },
  { name: "takeMs", text: "  and a call that takes it", unit: "ms", isRate: false },
];

export const actors: Section = {
  name: "actors",
  title: "Actors, pools and chunked maps, beside Ray 2.60.0 and thread-chunks 1.0.5",
  run: async (context) => {
    const python = await pythonOf(context);
    const { args, rounds } = context.quick ? QUICK : FULL;
    const [ours, theirs] = [new Map<string, number[]>(), new Map<string, number[]>()];
    // In turns, so that what others do on this machine meets both.
    for (let round = 1; round <= rounds; round++) {
      context.say(`measuring Troupe's actors, ${round} of ${rounds}`);
      add(ours, await runProgram(process.execPath, [join(BUILD_FOLDER, "actor-load.js"), ...args], process.env));
      if (typeof python !== "string") continue;
      context.say(`measuring Ray and thread-chunks, ${round} of ${rounds}`);
      add(theirs, await runPeer(python, "ray_actors.py", args));
    }
    const own = MEASURES.map((measure) => ownFigure(measure, ours));
    if (typeof python === "string") return [...own, ...MEASURES.flatMap((measure) => compared(measure, ours, theirs))];
    return own.map((figure, index) => (index === 0 ? { ...figure, note: python.reason } : figure));
  },
};

const FULL = { args: ["--trials=4", "--cold=2"], rounds: 3 };
const QUICK = { args: ["--trials=2", "--calls=200", "--pipelined=500", "--elements=200", "--cold=1"], rounds: 1 };

/** @returns the reason when the peers cannot be had here: Troupe is measured all the same. */
async function pythonOf({ say }: Context): Promise<string | { readonly reason: string }> {
  try {
    return await ensurePeer(say);
  } catch (error) {
    if (error instanceof Skipped) return { reason: `Ray was not measured: ${error.message}` };
    throw error;
  }
}

function add(to: Map<string, number[]>, said: Said): void {
  for (const [name, samples] of said) to.set(name, [...(to.get(name) ?? []), ...samples]);
}

function ownFigure(measure: Measure, said: Said): Figure {
  const { text, unit, isRate, rayAtBest, of = median } = measure;
  const samples = samplesOf(measure, said);
  return {
    id: idOf("actors", measure),
    text,
    unit,
    value: of(samples),
    ...(measure.of === undefined ? { best: isRate ? Math.max(...samples) : Math.min(...samples) } : {}),
    ...(rayAtBest === undefined ? {} : { target: isRate ? atLeast(rayAtBest) : atMost(rayAtBest) }),
  };
}

/** Ours by theirs: above 1 is better where more is, below 1 where less is. */
function compared(measure: Measure, ours: Said, theirs: Said): Figure[] {
  const { text, unit, isRate, rayAtBest, of = median } = measure;
  const [mine, rays] = [samplesOf(measure, ours), samplesOf(measure, theirs)];
  const best = isRate ? Math.max : Math.min;
  return [
    {
      id: idOf("actors.byRay", measure),
      text: `${text.trim()}: by Ray's`,
      unit: "×",
      value: of(mine) / of(rays),
      ...(measure.of === undefined ? { best: best(...mine) / best(...rays) } : {}),
      ...(rayAtBest === undefined ? {} : { target: isRate ? atLeast(1) : atMost(1) }),
      note: `${short(of(mine))} by ${short(of(rays))} ${unit}`,
    },
  ];
}

function idOf(prefix: string, { name, text }: Measure): string {
  return text.includes("p99") ? `${prefix}.${name}.p99` : `${prefix}.${name}`;
}

function samplesOf({ name }: Measure, said: Said): readonly number[] {
  const samples = said.get(name);
  if (samples === undefined) throw new Error(`nothing was said of ${name}`);
  return samples;
}
