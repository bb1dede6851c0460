/** When a snapshot is due, and how it gets to its stream. It counts once the journal names it (E10). */
import { appendToStream, purgeStream, streamsOf, subjectsOf, type Bus, type Scope } from "@troupe/protocol";
import type { SnapshotEvent } from "../core/events.ts";
import { encodeSnapshot } from "../core/snapshot.ts";
import type { JournalState } from "../core/state.ts";
import { sealed } from "./checksum.ts";

/** Journal bytes after which a snapshot is worth its while, at least. */
const LEAST_BYTES = 16 * 1024 * 1024;
/** A snapshot of s bytes is followed by at least four times as many journal bytes, so that snapshots cost a fixed share. */
const RATIO = 4;

export class Snapshots {
  readonly #bus: Bus;
  readonly #scope: Scope;
  #sinceLast = 0;
  #lastBytes = 0;
  #isUnderWay = false;

  constructor(bus: Bus, scope: Scope) {
    this.#bus = bus;
    this.#scope = scope;
  }

  /** A frame of so many bytes was journalled. @returns whether a snapshot is due. */
  note(bytes: number): boolean {
    this.#sinceLast += bytes;
    return !this.#isUnderWay && this.#sinceLast > Math.max(LEAST_BYTES, RATIO * this.#lastBytes);
  }

  /** Writes the state as it is now: the state at journal frame `through`. @returns the event that makes it count. */
  async write(state: JournalState, through: number, frames: number): Promise<SnapshotEvent> {
    this.#isUnderWay = true;
    try {
      const number = state.snapshot.number + 1;
      const parts = encodeSnapshot(state, Math.floor(this.#bus.maxPayload / 4)).map(sealed);
      this.#sinceLast = 0;
      this.#lastBytes = parts.reduce((sum, part) => sum + part.byteLength, 0);
      const subjects = subjectsOf(this.#scope);
      for (const [index, part] of parts.entries()) await appendToStream(this.#bus, subjects.snapshot(number, index), part);
      return { type: "snapshot", number, parts: parts.length, through, frames };
    } finally {
      this.#isUnderWay = false;
    }
  }

  /** The journal names it: what it covers may go. */
  async purge({ number, through }: SnapshotEvent): Promise<void> {
    const names = streamsOf(this.#scope);
    await purgeStream(this.#bus, names.journal, { belowSequence: through + 1 });
    if (number > 1) await purgeStream(this.#bus, names.snapshots, { subject: subjectsOf(this.#scope).snapshot(number - 1, 0).replace(/\.0$/, ".>") });
  }
}
