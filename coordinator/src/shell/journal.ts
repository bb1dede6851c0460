/** Carries the writer's frames to the stream and its doubts to the stream's leader (E8). */
import {
  BusTimeoutError,
  Histogram,
  JetStreamError,
  JS_CODE,
  NoRespondersError,
  appendToStream,
  messageAt,
  streamState,
  streamsOf,
  subjectsOf,
  type Bus,
  type Scope,
} from "@troupe/protocol";
import type { Frame, FrameWriter } from "../core/frame-writer.ts";
import { checksumOf, sealed } from "./checksum.ts";

export interface JournalEvents<Entry> {
  /** The frame is journalled. `askedAt`: when its accepted append was sent. */
  committed(frame: Frame<Entry>, bytes: number, askedAt: number): void;
  /** The server has no room; these entries were given up. */
  refused(entries: readonly Entry[], why: string): void;
  stopped(why: "fenced" | "journal-lost"): void;
}

const APPEND_TIMEOUT_MS = 2_000;
const INSPECT_PAUSE_MS = 100;
const NO_ROOM = new Set<number>([JS_CODE.insufficientStorage, JS_CODE.storeFailed, JS_CODE.memoryExceeded]);

/** Upper bounds in seconds: from a disk that needs none to one that is in trouble. */
const APPEND_BOUNDS = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

/** Since this owner took over. */
export interface JournalFigures {
  readonly frames: number;
  readonly bytes: number;
  /** From an append to its acknowledgement. */
  readonly appendSeconds: Histogram;
}

export interface JournalOptions<Entry> {
  readonly bus: Bus;
  readonly scope: Scope;
  readonly writer: FrameWriter<Entry>;
  readonly encode: (frame: Frame<Entry>) => Uint8Array;
  readonly events: JournalEvents<Entry>;
}

export class Journal<Entry> {
  readonly #bus: Bus;
  readonly #scope: Scope;
  readonly #writer: FrameWriter<Entry>;
  readonly #encode: (frame: Frame<Entry>) => Uint8Array;
  readonly #events: JournalEvents<Entry>;
  readonly #subject: string;
  readonly #appendSeconds = new Histogram(APPEND_BOUNDS);
  #frames = 0;
  #bytes = 0;
  #closed = false;

  constructor(options: JournalOptions<Entry>) {
    this.#bus = options.bus;
    this.#scope = options.scope;
    this.#writer = options.writer;
    this.#encode = options.encode;
    this.#events = options.events;
    this.#subject = subjectsOf(options.scope).journal;
  }

  get figures(): JournalFigures {
    return { frames: this.#frames, bytes: this.#bytes, appendSeconds: this.#appendSeconds };
  }

  /** Publishes the next frame if none is under way. */
  pump(): void {
    if (this.#closed) return;
    const frame = this.#writer.next();
    if (frame !== undefined) void this.#append(frame, sealed(this.#encode(frame)));
  }

  close(): void {
    this.#closed = true;
  }

  async #append(frame: Frame<Entry>, bytes: Uint8Array): Promise<void> {
    const askedAt = performance.now();
    try {
      const sequence = await appendToStream(this.#bus, this.#subject, bytes, {
        expectedLastSequence: frame.expected,
        timeoutMs: APPEND_TIMEOUT_MS,
      });
      if (this.#closed) return;
      this.#writer.acknowledged(frame, sequence, checksumOf(bytes));
      this.#appendSeconds.observe((performance.now() - askedAt) / 1_000);
      this.#frames++;
      this.#bytes += bytes.byteLength;
      this.#events.committed(frame, bytes.byteLength, askedAt);
      this.pump();
    } catch (error) {
      if (this.#closed) return;
      if (error instanceof JetStreamError && NO_ROOM.has(error.code)) this.#noRoom(frame, error.message);
      else if (isDoubt(error)) await this.#inspect(frame, bytes);
      else throw error;
    }
  }

  #noRoom(frame: Frame<Entry>, why: string): void {
    this.#events.refused(this.#writer.giveUpOptional(frame), why);
    setTimeout(() => {
      this.pump();
    }, INSPECT_PAUSE_MS * 5);
  }

  async #inspect(frame: Frame<Entry>, bytes: Uint8Array): Promise<void> {
    this.#writer.doubt(frame);
    while (!this.#isClosed()) {
      const askedAt = performance.now();
      const tail = await this.#readTail(frame, bytes);
      if (tail === undefined) {
        await new Promise((resolve) => setTimeout(resolve, INSPECT_PAUSE_MS));
        continue;
      }
      if (this.#isClosed()) return;
      const verdict = this.#writer.inspected(frame, tail, checksumOf(bytes));
      if (verdict.kind === "stopped") this.#events.stopped(verdict.why);
      if (verdict.kind === "resend") await this.#append(frame, bytes);
      if (verdict.kind === "committed") {
        this.#events.committed(frame, bytes.byteLength, askedAt);
        this.pump();
      }
      return;
    }
  }

  /** A question, not a fact that lasts: it may change at every await. */
  #isClosed(): boolean {
    return this.#closed;
  }

  /** What the stream's leader says; undefined while it does not answer. */
  async #readTail(
    frame: Frame<Entry>,
    bytes: Uint8Array,
  ): Promise<{ lastSequence: number; isOwnFrame: boolean } | undefined> {
    const stream = streamsOf(this.#scope).journal;
    try {
      const state = await streamState(this.#bus, stream);
      if (state === null) return { lastSequence: -1, isOwnFrame: false };
      if (state.lastSequence <= frame.expected) return { lastSequence: state.lastSequence, isOwnFrame: false };
      const message = await messageAt(this.#bus, stream, frame.expected + 1);
      return {
        lastSequence: state.lastSequence,
        isOwnFrame: message !== null && Buffer.compare(message.data, bytes) === 0,
      };
    } catch {
      return undefined; // NATS is away; the question is asked again until it is back or the owner is closed
    }
  }
}

/** After these nobody knows whether the frame is in the journal. */
function isDoubt(error: unknown): boolean {
  return error instanceof BusTimeoutError || error instanceof NoRespondersError || error instanceof JetStreamError;
}
