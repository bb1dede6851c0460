/** What the living owner knows of replicas and of the executions that it sent them. Lost with the owner; beats bring it back. */
import type { Failure, Lease, ReplicaState } from "@troupe/protocol";
import type { Block } from "./job.ts";

/**
 * One execution of a block.
 *
 * `leasing`: its redispatch is on its way to the journal. `sent`: the replica has it, or will learn that it has not. `ending`: its
 * last message arrived and is on its way to the journal; the permit is free again.
 */
export interface Execution {
  readonly lease: Lease;
  readonly block: Block;
  readonly replica: Replica;
  phase: "leasing" | "sent" | "ending";
  /** Monotonic milliseconds. */
  sentAt: number;
  /** Beats in a row that did not list it. */
  missedBeats: number;
  /** What its modules said last of how far they are. Volatile. */
  progress: Map<number, ModuleProgress> | undefined;
}

export interface ModuleProgress {
  /** Between 0 and 1, or null when the module only said something. */
  readonly fraction: number | null;
  readonly message: string | null;
}

export interface Replica {
  readonly group: string;
  readonly name: string;
  readonly instance: string;
  state: ReplicaState;
  permits: number;
  templateHash: string;
  /** Monotonic milliseconds of the last beat, or of the moment from which its silence counts (E5). */
  lastBeat: number;
  /** Executions that hold or await a permit here, in the order in which they were sent. */
  readonly executions: Map<Lease, Execution>;
  /** A suspect runs here: nothing else may (E9). */
  exclusive: boolean;
  problem: Failure | undefined;
  /** When the problem was first heard of, in Unix milliseconds. */
  problemAt: number;
}

/** Monotonic and Unix time of a moment, in milliseconds: the core has no clock of its own. */
export interface Moment {
  readonly mono: number;
  readonly wall: number;
}
