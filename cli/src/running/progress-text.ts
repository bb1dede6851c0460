import type { GroupCounts } from "./board.ts";
import { durationText } from "../timeline/words.ts";

export interface ProgressFacts {
  readonly ended: number;
  readonly failed: number;
  /** Null: not known yet, the inputs are still being read. */
  readonly total: number | null;
  readonly elapsedMs: number;
  readonly groups: readonly GroupCounts[];
}

const BAR_WIDTH = 24;

/** One line, for logs. */
export function progressLine({ ended, failed, total, groups, elapsedMs }: ProgressFacts): string {
  const jobs = `jobs ${ended}/${total ?? "?"} done${failed > 0 ? `, ${failed} not well` : ""}`;
  const parts = groups.map(
    ({ group, running, waiting, progress }) => `${group} ${running} running${said(progress)}, ${waiting} waiting`,
  );
  return `${durationText(elapsedMs)}  ${[jobs, ...parts].join(" · ")}`;
}

/** A line for the jobs and one for each group, for a terminal that is drawn over. */
export function progressBlock(facts: ProgressFacts, unicode: boolean): string[] {
  const { ended, failed, total, groups, elapsedMs } = facts;
  const width = Math.max(4, ...groups.map(({ group }) => group.length));
  const failures = failed > 0 ? `  ${failed} not well` : "";
  const head = `${"jobs".padEnd(width + 2)}  ${bar(ended, total, unicode)}  ${ended} of ${total ?? "?"} done${failures}  ${durationText(elapsedMs)}`;
  const rows = groups.map(({ group, running, waiting, done, progress }) => {
    const counts = `${String(running).padStart(4)} running  ${String(waiting).padStart(5)} waiting  ${String(done).padStart(6)} done`;
    return `  ${group.padEnd(width)}  ${counts}${said(progress)}`;
  });
  return [head, ...rows];
}

/** On one line, whatever a module says. */
function said(progress: string | null): string {
  return progress === null ? "" : `  (${progress.replaceAll(/\s+/g, " ").trim()})`;
}

function bar(ended: number, total: number | null, unicode: boolean): string {
  const [full, empty] = unicode ? ["█", "░"] : ["#", "."];
  const filled = total === null || total === 0 ? 0 : Math.floor((ended / total) * BAR_WIDTH);
  return full.repeat(filled) + empty.repeat(BAR_WIDTH - filled);
}
