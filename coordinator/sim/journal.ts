/** A model of shell/journal.ts: appends the writer's frames one after another, and reads the tail when it is in doubt (E8). */
import { crc32 } from "node:zlib";
import type { Committed } from "../src/core/commit.ts";
import { encodeFrame } from "../src/core/frame-codec.ts";
import type { Frame, Writer } from "../src/core/writer.ts";
import { isSameBytes } from "./difference.ts";
import type { Process, Task } from "./process.ts";
import type { Server } from "./server.ts";

const INSPECT_PAUSE_MS = 100;

export interface JournalOptions {
  readonly process: Process;
  readonly server: Server;
  readonly writer: Writer;
  readonly isClosed: () => boolean;
  readonly committed: (frame: Frame, askedAt: number) => void;
  /** The server has no room for these, which are given up. */
  readonly refused: (entries: readonly Committed[]) => void;
  readonly stopped: (why: "fenced" | "journal-lost") => void;
}

export class Journal {
  readonly #options: JournalOptions;

  constructor(options: JournalOptions) {
    this.#options = options;
  }

  /** Appends what is pending, unless an append is under way. */
  pump(): void {
    const { isClosed, writer, process } = this.#options;
    if (isClosed()) return;
    const frame = writer.next();
    if (frame !== undefined) process.spawn(this.#append(frame, encodeFrame(frame)));
  }

  *#append(frame: Frame, bytes: Uint8Array): Task {
    const { server, process, writer, isClosed, committed, refused } = this.#options;
    for (;;) {
      const askedAt = process.clock.now;
      const appended = yield* server.call(() => server.appendToJournal(bytes, frame.expected, askedAt));
      if (isClosed()) return;
      if (typeof appended === "number") {
        writer.acknowledged(frame, appended, crc32(bytes));
        committed(frame, askedAt);
        return;
      }
      if (appended === "full") {
        refused(writer.giveUpOptional(frame));
        process.after(INSPECT_PAUSE_MS * 5, () => {
          this.pump();
        });
        return;
      }
      writer.doubt(frame);
      if (!(yield* this.#inspect(frame, bytes))) return;
    }
  }

  /** @returns whether the frame is to be sent again. */
  *#inspect(frame: Frame, bytes: Uint8Array): Task<boolean> {
    const { server, process, writer, isClosed, committed, stopped } = this.#options;
    for (;;) {
      const askedAt = process.clock.now;
      const tail = yield* server.ask(() => ({
        lastSequence: server.journal.last,
        isOwnFrame: isSameBytes(server.journal.messages.get(frame.expected + 1), bytes),
      }));
      if (isClosed()) return false;
      if (tail === undefined) {
        yield INSPECT_PAUSE_MS;
        continue;
      }
      const verdict = writer.inspected(frame, tail, crc32(bytes));
      if (verdict.kind === "resend") return true;
      if (verdict.kind === "committed") committed(frame, askedAt);
      else stopped(verdict.why);
      return false;
    }
  }
}
