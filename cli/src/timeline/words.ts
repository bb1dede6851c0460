import type { Summary } from "./summary.ts";

/** `8.02 s`, `340 ms`, `2 min 05 s`: three digits or so, whatever the size. */
export function durationText(ms: number): string {
  if (ms < 10) return `${trim(ms, 1)} ms`;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  const seconds = ms / 1000;
  if (seconds < 10) return `${seconds.toFixed(2)} s`;
  if (seconds < 120) return `${seconds.toFixed(1)} s`;
  const minutes = Math.floor(seconds / 60);
  return `${minutes} min ${String(Math.floor(seconds % 60)).padStart(2, "0")} s`;
}

function trim(value: number, digits: number): string {
  return String(Number(value.toFixed(digits)));
}

export function percentText(share: number): string {
  return `${Math.round(share * 100)}%`;
}

export function countText(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** The summary in lines, for people. */
export function summaryLines(summary: Summary): string[] {
  if (summary.makespanMs === 0) return ["Nothing ran."];
  const { sequentialMs, makespanMs, speedUp, busiest, waitingMs, overlaps } = summary;
  return [
    `${countText(summary.jobs, "job")} in ${durationText(makespanMs)}; one after another: ${durationText(sequentialMs)} (${speedUp.toFixed(2)} times as long)`,
    ...(busiest === null ? [] : [`busiest: ${busiest.label}, running ${percentText(busiest.share)} of the time`]),
    `waiting for a replica: ${durationText(waitingMs)} over all jobs`,
    ...overlaps.map(
      ({ group, lanes, togetherMs, share }) =>
        `${group}: ${lanes} lanes, at least two of them at once for ${durationText(togetherMs)} (${percentText(share)} of the time that any ran)`,
    ),
  ];
}
