/**
 * Appends to the journal under a fence, one frame at a time (E8). Whatever is pending when the last append was acknowledged becomes the next
 * frame: one event when idle, tens under load. After anything but a clear yes the tail of the journal decides what happened.
 *
 * Pure: the shell publishes, and reports what came of it.
 */

export interface Frame<Entry> {
  readonly epoch: number;
  /** Dense within the journal: the first frame is 1. */
  readonly number: number;
  /** The journal's last sequence before this frame; the server refuses it anywhere else. */
  readonly expected: number;
  /** The checksum of the frame before it, so that a journal that was cut and written on is noticed; 0 for the first. */
  readonly after: number;
  readonly entries: readonly Entry[];
}

export type WriterState<Entry> =
  | { readonly kind: "idle" }
  | { readonly kind: "appending"; readonly frame: Frame<Entry> }
  /** The outcome is unknown: the tail has to be read from the stream's leader. */
  | { readonly kind: "inspecting"; readonly frame: Frame<Entry> }
  | { readonly kind: "stopped"; readonly why: "fenced" | "journal-lost" };

/** What stands in the journal, as its leader says. */
export interface Tail {
  readonly lastSequence: number;
  /** Whether the message at `frame.expected + 1` is the very frame. */
  readonly isOwnFrame: boolean;
}

export type TailVerdict<Entry> =
  | { readonly kind: "committed"; readonly frame: Frame<Entry> }
  | { readonly kind: "resend"; readonly frame: Frame<Entry> }
  | { readonly kind: "stopped"; readonly why: "fenced" | "journal-lost" };

/** What a writer has to know about what it writes. */
export interface EntryRules<Entry> {
  /** Rough size of an entry in a frame, a little above the truth. */
  sizeOf(entry: Entry): number;
  /** Whether it may be given up when the server has no room: then somebody is told, and asks again later. */
  isOptional(entry: Entry): boolean;
}

export interface WriterOptions {
  readonly epoch: number;
  /** The journal's last sequence when this owner took over. */
  readonly sequence: number;
  /** The number of its last frame. */
  readonly number: number;
  /** The checksum of its last frame; 0 when there is none. */
  readonly checksum: number;
  readonly maxBytes: number;
}

export class FrameWriter<Entry> {
  readonly #rules: EntryRules<Entry>;
  readonly #epoch: number;
  readonly #maxBytes: number;
  #pending: Entry[] = [];
  #sequence: number;
  #number: number;
  #checksum: number;
  #state: WriterState<Entry> = { kind: "idle" };

  constructor(rules: EntryRules<Entry>, options: WriterOptions) {
    this.#rules = rules;
    this.#epoch = options.epoch;
    this.#sequence = options.sequence;
    this.#number = options.number;
    this.#checksum = options.checksum;
    this.#maxBytes = options.maxBytes;
  }

  get state(): WriterState<Entry> {
    return this.#state;
  }

  /** Sequence of the last frame that is known to be journalled. */
  get sequence(): number {
    return this.#sequence;
  }

  get frames(): number {
    return this.#number;
  }

  /** Checksum of the last frame that is known to be journalled. */
  get checksum(): number {
    return this.#checksum;
  }

  get pending(): number {
    return this.#pending.length;
  }

  /** Whether such an entry is on its way to the journal. */
  holds(fits: (entry: Entry) => boolean): boolean {
    const state = this.#state;
    return this.#pending.some(fits) || ("frame" in state && state.frame.entries.some(fits));
  }

  put(entry: Entry): void {
    this.#pending.push(entry);
  }

  /** The next frame to publish, or undefined while another is under way or nothing is pending. */
  next(): Frame<Entry> | undefined {
    if (this.#state.kind !== "idle" || this.#pending.length === 0) return undefined;
    const entries = this.#cut();
    const frame: Frame<Entry> = {
      epoch: this.#epoch,
      number: this.#number + 1,
      expected: this.#sequence,
      after: this.#checksum,
      entries,
    };
    this.#state = { kind: "appending", frame };
    return frame;
  }

  /** The server acknowledged the frame. @param checksum of the frame as it was sent. */
  acknowledged(frame: Frame<Entry>, sequence: number, checksum: number): void {
    this.#commit(frame, sequence, checksum);
  }

  /** A time-out, a lost connection or a refusal: nothing is known until the tail is read. */
  doubt(frame: Frame<Entry>): void {
    if (this.#state.kind === "appending") this.#state = { kind: "inspecting", frame };
  }

  /** @param checksum of the frame as it was sent. */
  inspected(frame: Frame<Entry>, tail: Tail, checksum: number): TailVerdict<Entry> {
    if (tail.lastSequence < frame.expected) return this.#stop("journal-lost");
    if (tail.isOwnFrame) {
      this.#commit(frame, frame.expected + 1, checksum);
      return { kind: "committed", frame };
    }
    if (tail.lastSequence === frame.expected) {
      this.#state = { kind: "appending", frame };
      return { kind: "resend", frame };
    }
    return this.#stop("fenced");
  }

  /**
   * The server has no room for the frame: takes what is optional out of what is pending, so that the rest can still be written.
   * @returns the entries that were given up; whoever waits for them is to be told.
   */
  giveUpOptional(frame: Frame<Entry>): readonly Entry[] {
    if (this.#state.kind !== "appending" && this.#state.kind !== "inspecting") return [];
    const all = [...frame.entries, ...this.#pending];
    this.#pending = all.filter((entry) => !this.#rules.isOptional(entry));
    this.#state = { kind: "idle" };
    return all.filter((entry) => this.#rules.isOptional(entry));
  }

  #commit(frame: Frame<Entry>, sequence: number, checksum: number): void {
    this.#sequence = sequence;
    this.#number = frame.number;
    this.#checksum = checksum;
    this.#state = { kind: "idle" };
  }

  #stop(why: "fenced" | "journal-lost"): TailVerdict<Entry> {
    this.#state = { kind: "stopped", why };
    return { kind: "stopped", why };
  }

  #cut(): Entry[] {
    let bytes = 0;
    let count = 0;
    for (const entry of this.#pending) {
      bytes += this.#rules.sizeOf(entry);
      if (count > 0 && bytes > this.#maxBytes) break;
      count++;
    }
    return this.#pending.splice(0, count);
  }
}
