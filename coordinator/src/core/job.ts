/** A job as the fold keeps it. Lean on purpose: at most 2 KB beside its payloads (E10). */
import type { Failure, Lease, ModuleSpan, Payload } from "@troupe/protocol";
import type { Holder, Listener } from "./events.ts";
import type { Execution } from "./execution.ts";
import type { Place } from "./queue.ts";
import type { Route, Stop } from "./route.ts";

/**
 * What one group has to do for one job.
 *
 * `waiting`: its start condition is open. `ready`: may be dispatched, or is. `done`: its last module is journalled.
 */
export interface Block {
  readonly job: Job;
  readonly stop: Stop;
  state: "waiting" | "ready" | "done";
  /** Journal position at which it became ready: the order of dispatch (E7). */
  position: number;
  /** When it became ready, Unix milliseconds. */
  readyAt: number;
  /** Not to be dispatched before: backoff after a failure. 0: at once. */
  notBefore: number;
  /** Failures charged so far. */
  charged: number;
  /**
   * Whose results count (E5): undefined: the first execution that gets one journalled; a lease: only that one; "": nobody, until
   * a redispatch is journalled.
   */
  lease: Lease | undefined;
  /** Of a block that must not run twice: whom its lease was sent to. */
  holder: Holder | undefined;

  // What follows belongs to the living owner alone: it is not in the journal, and a takeover starts it anew.

  /** The execution under way, as far as this owner knows. */
  execution: Execution | undefined;
  /** Its place in its group's queue, while it stands there. */
  queued: Place | undefined;
  /** It was running when a host or replica with several executions died: to be rerun alone (E9). */
  suspect: boolean;
  /** A former owner may have dispatched it: the next dispatch is a redispatch (E5). */
  inherited: boolean;
}

/** A span as kept: where and when a module ran. */
export interface KeptSpan extends ModuleSpan {
  readonly replica: string;
  readonly attempt: number;
  readonly readyAt: number;
}

export interface JobError extends Failure {
  readonly module: string | null;
  readonly group: string | null;
  readonly replica: string | null;
  readonly attempt: number | null;
}

export type JobEnd =
  | { readonly state: "done"; readonly at: number }
  | { readonly state: "failed"; readonly at: number; readonly error: JobError }
  | { readonly state: "cancelled"; readonly at: number; readonly reason: string };

export interface Job {
  readonly id: string;
  readonly route: Route;
  /** Empty, as results that are not exposed, once the job has ended and can never be retried; see `shed` in fold.ts. */
  input: Payload;
  readonly digest: string;
  readonly submittedAt: number;
  /** Who is told the outcome unasked. */
  readonly wait: Listener | undefined;
  /** Journalled results by module. */
  readonly outputs: (Payload | undefined)[];
  /** By group; undefined where the route does not stop. */
  readonly blocks: (Block | undefined)[];
  blocksLeft: number;
  readonly spans: KeptSpan[];
  end: JobEnd | undefined;
}

export function newJob(
  facts: Pick<Job, "id" | "route" | "input" | "digest" | "submittedAt"> & { readonly wait?: Listener | undefined },
): Job {
  const job: Job = {
    ...facts,
    wait: facts.wait,
    outputs: [],
    blocks: [],
    blocksLeft: facts.route.stopCount,
    spans: [],
    end: undefined,
  };
  for (const stop of facts.route.stops) {
    job.blocks.push(stop === undefined ? undefined : newBlock(job, stop));
  }
  return job;
}

function newBlock(job: Job, stop: Stop): Block {
  return {
    job,
    stop,
    state: "waiting",
    position: 0,
    readyAt: 0,
    notBefore: 0,
    charged: 0,
    lease: undefined,
    holder: undefined,
    execution: undefined,
    queued: undefined,
    suspect: false,
    inherited: false,
  };
}

/** E4: all modules of the start condition are journalled. */
export function isStartConditionMet({ job, stop }: Block): boolean {
  return stop.needs.every((module) => job.outputs[module] !== undefined);
}

/** The number that an execution of this block is told: 1 for the first charged attempt. */
export function attemptOf(block: Block): number {
  return block.charged + 1;
}
