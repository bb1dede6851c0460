/** The peer: MAGDA on Ray, doing the same work on the same machine in the same run. */
import { median, quantile } from "../measure/quantile.ts";
import { runPeer } from "../peers/run-peer.ts";
import type { Said } from "../peers/run-program.ts";
import { ensurePeer } from "../peers/venv.ts";
import { atLeast, type Figure, type Target } from "../report/figure.ts";
import { short } from "../report/table.ts";
import type { Context, Section } from "./section.ts";

const TIMES_MAGDA = atLeast(25);

export const magda: Section = {
  name: "magda",
  title: "MAGDA 0.2.0rc2 on Ray 2.60.0: the same chain of three groups",
  run: async (context) => {
    const python = await ensurePeer(context.say);
    context.say("measuring MAGDA on Ray");
    const said = await runPeer(
      python,
      "magda_chain.py",
      context.quick ? ["--jobs=100", "--repeat=1", "--latency-jobs=50", "--payload-jobs=20"] : [],
    );
    return figuresOf(said, context.measured);
  },
};

function figuresOf(said: Said, measured: Context["measured"]): Figure[] {
  const samples = (name: string): readonly number[] => said.get(name) ?? [];
  const jobs = samples("jobsPerSecond");
  const latencies = samples("latenciesMs");
  const payload = samples("payloadJobsPerSecond");
  return [
    {
      id: "magda.chain.empty.jobsPerSecond",
      text: "empty modules: jobs",
      unit: "/s",
      value: median(jobs),
      best: Math.max(...jobs),
    },
    {
      id: "magda.chain.empty.p50",
      text: "  one at a time, p50",
      unit: "ms",
      value: median(latencies),
      best: Math.min(...latencies),
    },
    { id: "magda.chain.empty.p99", text: "  p99", unit: "ms", value: quantile(latencies, 0.99) },
    {
      id: "magda.chain.1mib.jobsPerSecond",
      text: "1 MiB: jobs",
      unit: "/s",
      value: median(payload),
      best: Math.max(...payload),
    },
    {
      id: "magda.firstResult",
      text: "first result, from the start of Python",
      unit: "s",
      value: median(samples("firstResultSeconds")),
    },
    {
      id: "magda.memory",
      text: "memory, three groups, all processes (PSS)",
      unit: "MiB",
      value: median(samples("memoryMib")),
    },
    ...ratio(
      { text: "empty modules: Troupe's jobs/s by MAGDA's", theirs: median(jobs), target: TIMES_MAGDA },
      measured.get("chain.empty.jobsPerSecond"),
    ),
    ...ratio(
      { text: "1 MiB: Troupe's jobs/s by MAGDA's", theirs: median(payload) },
      measured.get("chain.1mib.jobsPerSecond"),
    ),
    ...ratio(
      { text: "one job, median: Troupe's time by MAGDA's", theirs: median(latencies) },
      measured.get("chain.empty.p50"),
    ),
    ...ratio(
      { text: "memory: Troupe's by MAGDA's", theirs: median(samples("memoryMib")) },
      measured.get("memory.idle"),
    ),
    ...ratio(
      { text: "first result: Troupe's time by MAGDA's", theirs: median(samples("firstResultSeconds")) },
      measured.get("startUp.firstResult"),
    ),
  ];
}

interface Comparison {
  readonly text: string;
  readonly theirs: number;
  readonly target?: Target;
}

/** Nothing when this run has not measured ours. */
function ratio({ text, theirs, target }: Comparison, ours: Figure | undefined): Figure[] {
  if (ours === undefined) return [];
  const note = `${short(ours.value)} by ${short(theirs)} ${ours.unit}`;
  return [{ id: `magda.ratio.${ours.id}`, text, unit: "×", value: ours.value / theirs, target, note }];
}
