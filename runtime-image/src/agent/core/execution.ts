import {
  isInline,
  payloadSize,
  type Done,
  type Fail,
  type Failure,
  type HandBack,
  type Payload,
  type Run,
} from "@troupe/protocol";

/** The module that an acknowledgement of a `fail` or `back` names. */
export const WHOLE_EXECUTION = -1;

/** A message that the owner has to acknowledge (E3). */
export type KeptMessage = Done | Fail | HandBack;

export interface Kept {
  readonly message: KeptMessage;
  /** Monotonic; when it was last sent. */
  sentAtMs: number;
}

/**
 * Where an execution stands. `queued`: received. `fetching`: its revision and payloads are being fetched. `fetched`: may go to
 * the host. `hosted`: in the host, which starts it when a permit is free. `ended`: nothing of it runs any more; it stays
 * until all its messages are acknowledged.
 */
export type ExecutionStage = "queued" | "fetching" | "fetched" | "hosted" | "ended";

export interface Stopping {
  /** What it fails with once it has stopped; null: it is given back or nobody wants it. */
  readonly failure: Failure | null;
  /** When its host is ended if it still runs. Monotonic. */
  readonly killAtMs: number;
  /** Turns that its host had taken when it was told to stop. */
  readonly hostTurns: number;
}

export interface Execution {
  /** Names the execution in the host. */
  readonly n: number;
  readonly run: Run;
  readonly items: ReadonlyMap<number, readonly Payload[]>;
  readonly receivedAtMs: number;
  stage: ExecutionStage;
  /** The owner does not want it any more: it leaves the beats, but keeps its permit until its code has stopped. */
  cancelled: boolean;
  stopping: Stopping | null;
  /** By module index; {@link WHOLE_EXECUTION} for a fail or a hand-back. */
  readonly kept: Map<number, Kept>;
  /** Messages whose payloads are still being stored. */
  unsent: number;
}

/** Bytes that the execution brings into memory when it is fetched. */
export function weightOf({ run, items }: Execution): number {
  let bytes = payloadSize(run.input);
  for (const { output } of run.results) bytes += payloadSize(output);
  for (const payloads of items.values()) for (const payload of payloads) bytes += payloadSize(payload);
  return bytes;
}

/** Whether all its payloads came with the messages. */
export function isComplete({ run, items }: Execution): boolean {
  if (!isInline(run.input) || !run.results.every(({ output }) => isInline(output))) return false;
  for (const payloads of items.values()) if (!payloads.every(isInline)) return false;
  return true;
}
