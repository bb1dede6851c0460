import type { CompiledGroup, Revision } from "@troupe/model";
import type { Beat, Done, Progress, UpBatch, UpMessage } from "@troupe/protocol";

/** How much one group has to do at this moment. */
export interface GroupCounts {
  readonly group: string;
  readonly running: number;
  readonly waiting: number;
  readonly done: number;
  /** What a module of the group has reported last of how far it is, of a job that is still at it; null: nothing. */
  readonly progress: string | null;
}

interface OpenJob {
  readonly modules: Set<number>;
  readonly groups: Set<string>;
  /** The last report by group. */
  readonly progress: Map<string, string>;
}

/**
 * Knows from what replicas say how far every group is. A replica with a free permit never leaves a ready job waiting, so what
 * runs is as much as there are permits for.
 */
export class Board {
  readonly #groups: readonly CompiledGroup[];
  readonly #open = new Map<string, OpenJob>();
  readonly #done = new Map<string, number>();
  /** Permits of ready replicas, by group and replica. */
  readonly #permits = new Map<string, Map<string, number>>();
  readonly #problems = new Map<string, string>();

  constructor(revision: Revision) {
    this.#groups = revision.groups;
  }

  submitted(job: string): void {
    this.#open.set(job, { modules: new Set(), groups: new Set(), progress: new Map() });
  }

  ended(job: string): void {
    this.#open.delete(job);
  }

  heard({ from, messages }: UpBatch): void {
    for (const message of messages) this.#hear(from.group, from.replica, message);
  }

  #hear(group: string, replica: string, message: UpMessage): void {
    if (message.type === "beat") this.#hearBeat(group, replica, message);
    else if (message.type === "done") this.#hearDone(group, message);
    else if (message.type === "progress") this.#hearProgress(group, message);
  }

  #hearBeat(group: string, replica: string, { state, permits, problem }: Beat): void {
    const ready = this.#permits.get(group) ?? new Map<string, number>();
    this.#permits.set(group, ready);
    if (state === "ready") ready.set(replica, permits);
    else ready.delete(replica);
    if (state === "broken") this.#problems.set(replica, problem?.message ?? "its modules could not be started");
  }

  #hearDone(group: string, { job: id, module, last }: Done): void {
    const job = this.#open.get(id);
    job?.modules.add(module);
    job?.progress.delete(group); // the next module has not said anything yet
    if (!last || job === undefined || job.groups.has(group)) return;
    job.groups.add(group);
    this.#done.set(group, (this.#done.get(group) ?? 0) + 1);
  }

  #hearProgress(group: string, { job: id, fraction, message }: Progress): void {
    const job = this.#open.get(id);
    if (job === undefined || job.groups.has(group)) return;
    const percent = fraction === null ? [] : [`${Math.floor(fraction * 100)}%`];
    // Set anew, so that the one that spoke last stands last.
    this.#open.delete(id);
    this.#open.set(id, job);
    job.progress.set(group, [...percent, ...(message === null ? [] : [message])].join(" "));
  }

  #lastProgress(group: string): string | null {
    return [...this.#open.values()].findLast(({ progress }) => progress.has(group))?.progress.get(group) ?? null;
  }

  counts(): GroupCounts[] {
    return this.#groups.map((group) => {
      const ready = this.#readyJobs(group);
      const permits = [...(this.#permits.get(group.name)?.values() ?? [])].reduce((sum, count) => sum + count, 0);
      const running = Math.min(ready, permits);
      return {
        group: group.name,
        running,
        waiting: ready - running,
        done: this.#done.get(group.name) ?? 0,
        progress: this.#lastProgress(group.name),
      };
    });
  }

  #readyJobs({ name, startCondition }: CompiledGroup): number {
    let ready = 0;
    for (const { modules, groups } of this.#open.values()) {
      if (!groups.has(name) && startCondition.every((module) => modules.has(module))) ready++;
    }
    return ready;
  }

  /** Whether as many replicas are ready as the revision declares, in every group. */
  allReady(): boolean {
    return this.#groups.every(({ name, replicas }) => (this.#permits.get(name)?.size ?? 0) >= (replicas ?? 1));
  }

  /** What keeps replicas from getting ready: a line each. */
  problems(): string[] {
    return [...this.#problems].map(([replica, problem]) => `${replica}: ${problem}`);
  }
}
