/** Where one more replica helps most: each group that could gain is planned again with one more. */
import type { CompiledGroup, CompiledResources, Graph } from "@troupe/model";
import { leastTimesUs } from "./least-time.ts";
import { toSeconds, type GroupLoad } from "./load.ts";
import { runVirtually, type VirtualRunOptions } from "./virtual-run.ts";

/** Part of the whole below which a saving is not worth a replica. */
const LEAST_SAVING = 0.01;

export interface Advice {
  readonly group: string;
  /** One more than planned with. */
  readonly replicas: number;
  /** What the whole would take then. */
  readonly makespanSeconds: number;
  /** At least one hundredth of what the whole takes now. */
  readonly savedSeconds: number;
  readonly text: string;
}

/** Groups where one more replica saves time, the largest saving first; of equal ones the first in the revision. */
export function adviseReplicas(
  graph: Graph,
  options: VirtualRunOptions,
  loads: readonly GroupLoad[],
  makespanMs: number,
): Advice[] {
  const leastUs = leastTimesUs(graph, options);
  const worthwhileMs = makespanMs * (1 - LEAST_SAVING);
  const advice = graph.groups.flatMap((group, index) => {
    const replicas = (options.replicas[index] ?? 1) + 1;
    const othersUs = Math.max(0, ...leastUs.filter((_, other) => other !== index));
    const isVain = isAlone(graph, index) || !hasWaiting(loads, group.name) || othersUs / 1000 > worthwhileMs;
    if (isVain) return [];
    const withOneMoreMs = runVirtually(graph, { ...options, replicas: options.replicas.with(index, replicas) });
    if (withOneMoreMs > worthwhileMs) return [];
    const makespanSeconds = toSeconds(withOneMoreMs);
    const savedSeconds = toSeconds(makespanMs - withOneMoreMs);
    const text = adviceText({ group, replicas, makespanSeconds, savedSeconds });
    return [{ group: group.name, replicas, makespanSeconds, savedSeconds, text }];
  });
  return advice.toSorted((a, b) => b.savedSeconds - a.savedSeconds);
}

/** A group with an aggregate stays at one replica. */
function isAlone({ groups, modules }: Graph, group: number): boolean {
  return groups[group]?.modules.some((module) => modules[module]?.aggregate === true) === true;
}

/** Where no block ever waited for a replica, another one would not be used. */
function hasWaiting(loads: readonly GroupLoad[], name: string): boolean {
  return loads.some(({ group, waitingSeconds }) => group === name && waitingSeconds > 0);
}

function adviceText(
  facts: Pick<Advice, "replicas" | "makespanSeconds" | "savedSeconds"> & { readonly group: CompiledGroup },
): string {
  const { group, replicas, makespanSeconds, savedSeconds } = facts;
  const before = makespanSeconds + savedSeconds;
  const saving = `One more replica of ${group.name} (${replicas} instead of ${replicas - 1}) saves ${inWords(savedSeconds)}`;
  const claims = claimText(group.resources);
  return `${saving}: ${inWords(makespanSeconds)} instead of ${inWords(before)}${claims === "" ? "" : `; it claims another ${claims}`}`;
}

function claimText({ cpu, memory, gpu }: CompiledResources): string {
  const claims = [
    ...(cpu === null ? [] : [`${cpu} CPU`]),
    ...(memory === null ? [] : [`${Math.ceil(memory / 1024 ** 2)} MiB`]),
    ...(gpu === 0 ? [] : [`${gpu} GPU`]),
  ];
  return claims.join(", ");
}

/** `0.25 s`, `12 s`, `1 h 5 min 3 s`: as exact as a reader needs. */
function inWords(seconds: number): string {
  if (seconds < 60) return `${Number(seconds.toPrecision(3))} s`;
  const whole = Math.round(seconds);
  const parts = [`${Math.floor(whole / 3600)} h`, `${Math.floor((whole % 3600) / 60)} min`, `${whole % 60} s`];
  return parts.filter((part) => !part.startsWith("0 ")).join(" ");
}
