/** How much there is to do, as the owner sees it at a moment: what the operator scales and reports by. */
import type { GroupLoad, GroupReport, JobCounts, PipelineLoad, ReplicaProblem, ReplicaReport } from "@troupe/protocol";
import type { Replica } from "./execution.ts";
import type { Job } from "./job.ts";
import type { GroupState, Owner } from "./owner.ts";

/** Replicas that one report lists, at most, so that a message stays small (E10). */
const LISTED_REPLICAS = 500;
const RECENT_PROBLEMS = 10;
const MESSAGE_LENGTH = 512;

export type LoadFacts = Pick<
  PipelineLoad,
  "epoch" | "revision" | "suspended" | "jobs" | "revisions" | "groups" | "full"
>;

/** Looks at every open job: not for the hot path. */
export function loadOf(owner: Owner): LoadFacts {
  const tally: Tally = { queued: 0, running: 0, revisions: {}, pinned: new Map() };
  for (const job of owner.state.jobs.values()) if (job.end === undefined) count(job, tally);
  const { queued, running, revisions } = tally;
  const jobs: JobCounts = { queued, running, ...owner.state.totals };
  return {
    epoch: owner.epoch,
    revision: owner.current?.id ?? null,
    suspended: owner.control.suspended,
    jobs,
    revisions,
    groups: groupNames(owner, tally).map((name) =>
      groupLoad(owner.groups.get(name), name, tally.pinned.get(name) ?? {}),
    ),
    full: owner.full ?? null,
  };
}

interface Tally {
  queued: number;
  running: number;
  readonly revisions: Record<string, number>;
  /** By group, then by template hash. */
  readonly pinned: Map<string, Record<string, number>>;
}

function count(job: Job, tally: Tally): void {
  const { id } = job.route.graph;
  tally.revisions[id] = (tally.revisions[id] ?? 0) + 1;
  if (hasStarted(job)) tally.running++;
  else tally.queued++;
  for (const block of job.blocks) {
    if (block === undefined || block.state === "done") continue;
    const { name, templateHash } = block.stop;
    const pinned = tally.pinned.get(name) ?? {};
    pinned[templateHash] = (pinned[templateHash] ?? 0) + 1;
    tally.pinned.set(name, pinned);
  }
}

function hasStarted(job: Job): boolean {
  return job.blocksLeft < job.route.stopCount || job.blocks.some((block) => block?.execution !== undefined);
}

function groupNames(owner: Owner, { pinned }: Tally): string[] {
  const busy = [...owner.groups.values()].filter((group) => group.replicas.size > 0 || queuedIn(group) > 0);
  const current = owner.current?.groups ?? [];
  return [...new Set([...current.map(({ name }) => name), ...busy.map(({ name }) => name), ...pinned.keys()])];
}

function groupLoad(group: GroupState | undefined, name: string, pinned: Readonly<Record<string, number>>): GroupLoad {
  const ready: Record<string, number> = {};
  for (const { state, templateHash } of group?.replicas.values() ?? [])
    if (state === "ready") ready[templateHash] = (ready[templateHash] ?? 0) + 1;
  return {
    name,
    queued: group === undefined ? 0 : queuedIn(group),
    running: group === undefined ? 0 : runningIn(group),
    ready,
    pinned,
    lastBusyAt: group?.lastBusyAt ?? null,
  };
}

function queuedIn(group: GroupState): number {
  let queued = 0;
  for (const queue of group.queues.values()) queued += queue.size;
  return queued;
}

function runningIn(group: GroupState): number {
  let running = 0;
  for (const { executions } of group.replicas.values()) running += executions.size;
  return running;
}

/** Keeps in mind when each group was last busy. Called a few times a second. */
export function noteBusy(owner: Owner, wall: number): void {
  for (const group of owner.groups.values()) if (queuedIn(group) > 0 || runningIn(group) > 0) group.lastBusyAt = wall;
}

/** Two moments with the same text differ in no way that somebody has to learn at once: nothing went from or to zero, no replica came or changed. */
export function loadShape(owner: Owner): string {
  const groups = [...owner.groups.values()].map((group) => {
    const replicas = [...group.replicas.values()].map(
      ({ name, state, templateHash, problem }) => `${name},${state},${templateHash},${problem?.code ?? ""}`,
    );
    return `${group.name}:${queuedIn(group) > 0}:${runningIn(group) > 0}:${group.recent.at(-1)?.at ?? 0}:${replicas.join(" ")}`;
  });
  const { state, current, control, full } = owner;
  const { done, failed, cancelled } = state.totals;
  const counts = [state.openJobs, done, failed, cancelled].map((number) => number > 0).join();
  return `${counts}|${current?.id ?? ""}|${control.suspended}|${full === undefined}|${groups.join("|")}`;
}

export function reportOf({ epoch }: Owner, group: GroupState): GroupReport {
  const replicas = [...group.replicas.values()]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .slice(0, LISTED_REPLICAS)
    .map(replicaReport);
  return { group: group.name, epoch, replicas, recent: [...group.recent] };
}

function replicaReport({ name, state, templateHash, executions, permits, problem, problemAt }: Replica): ReplicaReport {
  return {
    name,
    state,
    templateHash,
    busy: executions.size,
    permits,
    problem:
      problem === undefined
        ? null
        : problemOf({ replica: name, code: problem.code, message: problem.message, at: problemAt }),
  };
}

/** Something went wrong in a replica: the operator is to learn it, also when the replica is gone. */
export function noteProblem(group: GroupState, problem: ReplicaProblem): void {
  group.recent.push(problemOf(problem));
  if (group.recent.length > RECENT_PROBLEMS) group.recent.shift();
}

function problemOf(problem: ReplicaProblem): ReplicaProblem {
  const { message } = problem;
  return message.length <= MESSAGE_LENGTH ? problem : { ...problem, message: `${message.slice(0, MESSAGE_LENGTH)}…` };
}
