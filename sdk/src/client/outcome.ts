/** How a job ends, as the door says it and as callers get it. */
import { Fields, type BlobRef, type PayloadKind } from "@troupe/protocol";

/** Exposed results by name: JSON values, and bytes as `Uint8Array`. */
export type JobResult = Readonly<Record<string, unknown>>;

/** Why a job failed, and where. */
export interface JobFailure {
  readonly code: string;
  readonly message: string;
  readonly module: string | null;
  readonly group: string | null;
  readonly replica: string | null;
  readonly attempt: number | null;
  /** The module's own stack. */
  readonly stack?: string;
}

/** One run of one module. Times are Unix milliseconds; the job waited from `readyAt` to `startedAt`. */
export interface Span {
  readonly module: string;
  readonly group: string;
  readonly replica: string;
  readonly attempt: number;
  readonly readyAt: number;
  readonly startedAt: number;
  readonly endedAt: number;
}

interface Ended {
  readonly id: string;
  /** Only when the client was told to bring timelines. */
  readonly spans?: readonly Span[];
}

export interface DoneOutcome<Result extends JobResult = JobResult> extends Ended {
  readonly state: "done";
  readonly result: Result;
}

export interface FailedOutcome extends Ended {
  readonly state: "failed";
  readonly error: JobFailure;
}

export interface CancelledOutcome extends Ended {
  readonly state: "cancelled";
  readonly error: { readonly code: "Cancelled"; readonly message: string };
}

export type JobOutcome<Result extends JobResult = JobResult> = DoneOutcome<Result> | FailedOutcome | CancelledOutcome;

/** An outcome among many, with the place of its input. */
export type IndexedOutcome<Result extends JobResult = JobResult> = JobOutcome<Result> & { readonly index: number };

/** A result that was too large for the message, by the name under which it is exposed. */
export interface StoredResult {
  readonly name: string;
  readonly kind: PayloadKind;
  readonly ref: BlobRef;
}

/** An outcome as it arrived; `stored` has still to be fetched. */
export interface ArrivedOutcome {
  readonly outcome: JobOutcome;
  readonly stored: readonly StoredResult[];
}

/** Reads an outcome as the door sends it. Null: the job is still open. */
export function readOutcome(id: string, wire: Fields): ArrivedOutcome | null {
  const state = wire.string("state");
  const ended = wire.has("spans") ? { id, spans: wire.array("spans").map(readSpan) } : { id };
  switch (state) {
    case "done":
      return readDone(ended, wire);
    case "failed":
      return { outcome: { ...ended, state, error: readFailure(wire.object("error")) }, stored: [] };
    case "cancelled": {
      const error = { code: "Cancelled", message: wire.object("error").string("message") } as const;
      return { outcome: { ...ended, state, error }, stored: [] };
    }
    default:
      return null;
  }
}

function readDone(ended: Ended, wire: Fields): ArrivedOutcome {
  const result = wire.has("result") ? wire.as<{ result: JobResult }>().result : {};
  const outcome = { ...ended, state: "done", result } as const;
  if (!wire.has("binary") && !wire.has("stored")) return { outcome, stored: [] };
  const binary = wire.has("binary") ? wire.as<{ binary: Record<string, string> }>().binary : {};
  const bytes = Object.entries(binary).map(
    ([name, text]) => [name, new Uint8Array(Buffer.from(text, "base64"))] as const,
  );
  const stored = wire.has("stored") ? wire.as<{ stored: Record<string, Omit<StoredResult, "name">> }>().stored : {};
  return {
    outcome: { ...outcome, result: { ...result, ...Object.fromEntries(bytes) } },
    stored: Object.entries(stored).map(([name, { kind, ref }]) => ({ name, kind, ref })),
  };
}

function readFailure(error: Fields): JobFailure {
  return {
    code: error.string("code"),
    message: error.string("message"),
    module: textOrNull(error.get("module")),
    group: textOrNull(error.get("group")),
    replica: textOrNull(error.get("replica")),
    attempt: numberOrNull(error.get("attempt")),
    ...(typeof error.get("stack") === "string" ? { stack: error.string("stack") } : {}),
  };
}

export function readSpan(raw: unknown): Span {
  const span = new Fields(raw, "span");
  return {
    module: span.string("module"),
    group: span.string("group"),
    replica: span.string("replica"),
    attempt: span.number("attempt"),
    readyAt: span.number("readyAt"),
    startedAt: span.number("startedAt"),
    endedAt: span.number("endedAt"),
  };
}

function textOrNull(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

function numberOrNull(value: unknown): number | null {
  return typeof value === "number" ? value : null;
}
