/**
 * One job alone, through the chain and through the diamond, in turns with the same way that has nothing in it: what the machine is doing besides
 * makes all three slower, and the ratio less so.
 */
import { threadTimes } from "../measure/processes.ts";
import { emptyLoad } from "../measure/payloads.ts";
import { median, quantile } from "../measure/quantile.ts";
import type { Figure } from "../report/figure.ts";
import { short } from "../report/table.ts";
import { startFloor } from "../system/floor.ts";
import { chain, diamond, type AnyPipeline } from "../system/pipelines.ts";
import { startPipeline } from "../system/start.ts";
import type { Context, Section } from "./section.ts";

/** What is measured in turns. */
interface Contender {
  readonly name: string;
  readonly text: string;
  readonly one: () => Promise<void>;
  /** Processes besides this one. */
  readonly pids: readonly number[];
}

interface Round {
  /** Milliseconds of each job. */
  readonly taken: readonly number[];
  /** CPU microseconds a job of all processes, this one included. */
  readonly cpuMicros: number;
}

export const alone: Section = {
  name: "alone",
  title: "One job alone, in turns with its bare way: four appends, eight messages, three times to a thread and back",
  run: async (context) => {
    const { quick, say } = context;
    await using stack = new AsyncDisposableStack();
    const contenders = [
      await floorOf(context, stack),
      await pipelineOf("chain", chain(context.troupe, "nothing"), stack),
      await pipelineOf("diamond", diamond(context.troupe, "nothing"), stack),
    ];
    say("one job alone");
    for (const each of contenders) await runRound(each, quick ? 200 : 2_000);
    const rounds = new Map<string, Round[]>(contenders.map(({ name }) => [name, []]));
    for (let round = 0; round < (quick ? 4 : 30); round++)
      for (const each of contenders) rounds.get(each.name)?.push(await runRound(each, quick ? 25 : 50));
    return contenders.flatMap((each) => figuresOf(each, rounds.get(each.name) ?? [], rounds.get("floor") ?? []));
  },
};

async function floorOf(context: Context, stack: AsyncDisposableStack): Promise<Contender> {
  const floor = stack.use(await startFloor(context));
  const pids = floor.processes.map(({ pid }) => pid);
  return { name: "floor", text: "the bare way", one: floor.pass, pids };
}

async function pipelineOf(name: string, pipeline: AnyPipeline, stack: AsyncDisposableStack): Promise<Contender> {
  const { client, processes } = stack.use(await startPipeline(pipeline));
  const pids = processes().flatMap(({ pid }) => (pid === process.pid ? [] : [pid]));
  const { inputOf, check } = emptyLoad(1);
  const one = async (): Promise<void> => {
    check(0, await client.run(inputOf(0)));
  };
  return { name, text: `one job through the ${name}`, one, pids };
}

async function runRound({ one, pids }: Contender, jobs: number): Promise<Round> {
  const taken: number[] = [];
  const before = cpuOf(pids);
  for (let job = 0; job < jobs; job++) {
    const begun = performance.now();
    await one();
    taken.push(performance.now() - begun);
  }
  return { taken, cpuMicros: (cpuOf(pids) - before) / jobs };
}

function cpuOf(pids: readonly number[]): number {
  const own = process.cpuUsage();
  const others = pids.flatMap(threadTimes).reduce((sum, { cpuMicros }) => sum + cpuMicros, 0);
  return own.user + own.system + others;
}

function figuresOf({ name, text }: Contender, rounds: readonly Round[], floor: readonly Round[]): Figure[] {
  const all = rounds.flatMap(({ taken }) => taken);
  const medians = rounds.map(({ taken }) => median(taken));
  const cpu = median(rounds.map(({ cpuMicros }) => cpuMicros));
  const ratios = medians.map((value, round) => value / median(floor[round]?.taken ?? []));
  const figure: Figure = {
    id: `alone.${name}.p50`,
    text: `${text}, p50; best round`,
    unit: "ms",
    value: median(all),
    best: Math.min(...medians),
    note: `p10 ${short(quantile(all, 0.1))} ms; ${short(cpu)} µs of CPU in all processes`,
  };
  if (name === "floor") return [figure];
  const ratio = { id: `alone.${name}.ratio`, text: "  times the bare way, median of the rounds", unit: "×" };
  return [figure, { ...ratio, value: median(ratios) }];
}
