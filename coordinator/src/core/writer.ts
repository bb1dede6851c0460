/**
 * Appends to the journal under a fence, one frame at a time (E8). Whatever is pending when the last append was acknowledged becomes the next
 * frame: one event when idle, tens under load. After anything but a clear yes the tail of the journal decides what happened.
 *
 * Pure: the shell publishes, and reports what came of it.
 */
import { isInline, type Payload } from "@troupe/protocol";
import type { JournalEvent } from "./events.ts";
import type { Committed } from "./commit.ts";
import type { AppendContext } from "./owner.ts";

export interface Frame {
  readonly epoch: number;
  /** Dense within the journal: the first frame is 1. */
  readonly number: number;
  /** The journal's last sequence before this frame; the server refuses it anywhere else. */
  readonly expected: number;
  readonly entries: readonly Committed[];
}

export type WriterState =
  | { readonly kind: "idle" }
  | { readonly kind: "appending"; readonly frame: Frame }
  /** The outcome is unknown: the tail has to be read from the stream's leader. */
  | { readonly kind: "inspecting"; readonly frame: Frame }
  | { readonly kind: "stopped"; readonly why: "fenced" | "journal-lost" };

/** What stands in the journal, as its leader says. */
export interface Tail {
  readonly lastSequence: number;
  /** Whether the message at `frame.expected + 1` is the very frame. */
  readonly isOwnFrame: boolean;
}

export type TailVerdict =
  | { readonly kind: "committed"; readonly frame: Frame }
  | { readonly kind: "resend"; readonly frame: Frame }
  | { readonly kind: "stopped"; readonly why: "fenced" | "journal-lost" };

export class Writer {
  readonly #epoch: number;
  readonly #maxBytes: number;
  #pending: Committed[] = [];
  #sequence: number;
  #number: number;
  #state: WriterState = { kind: "idle" };

  /** @param at the journal's last sequence and frame number when this owner took over. */
  constructor(options: {
    readonly epoch: number;
    readonly sequence: number;
    readonly number: number;
    readonly maxBytes: number;
  }) {
    this.#epoch = options.epoch;
    this.#sequence = options.sequence;
    this.#number = options.number;
    this.#maxBytes = options.maxBytes;
  }

  get state(): WriterState {
    return this.#state;
  }

  /** Sequence of the last frame that is known to be journalled. */
  get sequence(): number {
    return this.#sequence;
  }

  get frames(): number {
    return this.#number;
  }

  get pending(): number {
    return this.#pending.length;
  }

  add(event: JournalEvent, context: AppendContext): void {
    this.#pending.push({ event, context });
  }

  /** The next frame to publish, or undefined while another is under way or nothing is pending. */
  next(): Frame | undefined {
    if (this.#state.kind !== "idle" || this.#pending.length === 0) return undefined;
    const entries = this.#cut();
    const frame: Frame = { epoch: this.#epoch, number: this.#number + 1, expected: this.#sequence, entries };
    this.#state = { kind: "appending", frame };
    return frame;
  }

  /** The server acknowledged the frame. */
  acknowledged(frame: Frame, sequence: number): void {
    this.#commit(frame, sequence);
  }

  /** A time-out, a lost connection or a refusal: nothing is known until the tail is read. */
  doubt(frame: Frame): void {
    if (this.#state.kind === "appending") this.#state = { kind: "inspecting", frame };
  }

  inspected(frame: Frame, tail: Tail): TailVerdict {
    if (tail.lastSequence < frame.expected) return this.#stop("journal-lost");
    if (tail.isOwnFrame) {
      this.#commit(frame, frame.expected + 1);
      return { kind: "committed", frame };
    }
    if (tail.lastSequence === frame.expected) {
      this.#state = { kind: "appending", frame };
      return { kind: "resend", frame };
    }
    return this.#stop("fenced");
  }

  /**
   * The server has no room for the frame: takes the submissions out of what is pending, so that what is open can still be completed.
   * @returns the entries that were given up; their clients are to be told.
   */
  giveUpSubmissions(frame: Frame): readonly Committed[] {
    if (this.#state.kind !== "appending" && this.#state.kind !== "inspecting") return [];
    const all = [...frame.entries, ...this.#pending];
    this.#pending = all.filter(({ event }) => event.type !== "submit");
    this.#state = { kind: "idle" };
    return all.filter(({ event }) => event.type === "submit");
  }

  #commit(frame: Frame, sequence: number): void {
    this.#sequence = sequence;
    this.#number = frame.number;
    this.#state = { kind: "idle" };
  }

  #stop(why: "fenced" | "journal-lost"): TailVerdict {
    this.#state = { kind: "stopped", why };
    return { kind: "stopped", why };
  }

  #cut(): Committed[] {
    let bytes = 0;
    let count = 0;
    for (const { event } of this.#pending) {
      bytes += eventSize(event);
      if (count > 0 && bytes > this.#maxBytes) break;
      count++;
    }
    return this.#pending.splice(0, count);
  }
}

/** Rough size of an event in a frame, a little above the truth. */
function eventSize(event: JournalEvent): number {
  switch (event.type) {
    case "submit":
      return 400 + size(event.input);
    case "done":
      return 400 + size(event.output) + 80 * event.spans.length;
    case "retry":
      return 400 + size(event.input) + event.outputs.reduce((sum, { output }) => sum + 40 + size(output), 0);
    case "fail":
      return 600 + event.failure.message.length * 2 + (event.failure.stack?.length ?? 0) * 2 + 80 * event.spans.length;
    case "page":
      return 200 + 70 * (event.jobs.length + event.stored.length);
    case "revision":
      return 200 + 600 * event.graph.modules.length;
    case "epoch":
    case "lease":
    case "cancel":
    case "expire":
    case "forget":
    case "snapshot":
      return 400;
  }
}

function size(payload: Payload): number {
  return isInline(payload) ? payload.bytes.byteLength : 250;
}
