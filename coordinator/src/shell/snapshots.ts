/** When a snapshot is due, and how it gets to its stream. It counts once the journal names it (E10). */
import {
  appendToStream,
  purgeStream,
  streamsOf,
  subjectsOf,
  type Bus,
  type PreparedEnvelope,
  type Scope,
} from "@troupe/protocol";
import type { SnapshotEvent } from "../core/events.ts";
import { sealed } from "./checksum.ts";

export interface SnapshotSettings {
  /** Journal bytes after which a snapshot is worth its while, at least. Default 16 MiB. */
  readonly leastBytes: number;
  /** A snapshot of s bytes is followed by at least so many times s of journal, so that snapshots cost a fixed share. Default 4. */
  readonly ratio: number;
}

const DEFAULTS: SnapshotSettings = { leastBytes: 16 * 1024 * 1024, ratio: 4 };

/** However large a snapshot is, the journal does not grow beyond this share of its stream before the next. */
const JOURNAL_SHARE = 0.25;

/** Snapshots of one owner have numbers of their own, so that those of an owner that was replaced meanwhile never mix with them (E8). */
const NUMBERS_PER_EPOCH = 1_000_000;

/** The last frame that the journal holds. */
export interface LastFrame {
  readonly sequence: number;
  readonly frames: number;
  readonly checksum: number;
}

export interface SnapshotsOptions {
  readonly bus: Bus;
  readonly scope: Scope;
  readonly epoch: number;
  /** Journal bytes since the last snapshot that are there already. */
  readonly sinceLast: number;
  readonly settings?: Partial<SnapshotSettings>;
}

export class Snapshots {
  readonly #bus: Bus;
  readonly #scope: Scope;
  readonly #epoch: number;
  readonly #settings: SnapshotSettings;
  #journalLimit = Infinity;
  #sinceLast: number;
  #lastBytes = 0;
  #isUnderWay = false;
  #written = 0;
  /** Where the first part of each snapshot stands that was written and is not named yet. */
  readonly #firstSequences = new Map<number, number>();

  constructor({ bus, scope, epoch, sinceLast, settings }: SnapshotsOptions) {
    this.#bus = bus;
    this.#scope = scope;
    this.#epoch = epoch;
    this.#sinceLast = sinceLast;
    this.#settings = { ...DEFAULTS, ...settings };
  }

  /** @param bytes that the journal's stream takes at most; 0 or less: no limit. */
  setJournalLimit(bytes: number): void {
    this.#journalLimit = bytes > 0 ? bytes : Infinity;
  }

  /** How large the journal's stream has to be for snapshots to come no more often than they are worth. */
  get journalWanted(): number {
    return (this.#settings.ratio * this.#lastBytes) / JOURNAL_SHARE;
  }

  /** A frame of so many bytes was journalled. @returns whether a snapshot is due. */
  note(bytes: number): boolean {
    this.#sinceLast += bytes;
    const { leastBytes, ratio } = this.#settings;
    const worthwhile = Math.max(leastBytes, ratio * this.#lastBytes);
    return !this.#isUnderWay && this.#sinceLast > Math.min(worthwhile, this.#journalLimit * JOURNAL_SHARE);
  }

  /** Whether a snapshot now would make room in the journal. */
  get canMakeRoom(): boolean {
    return !this.#isUnderWay && this.#sinceLast > 0;
  }

  /** Writes the state as it is now: the state at the journal's last frame, in parts of `maxBytes` at most. @returns the event that makes it count. */
  async write(
    encode: (maxBytes: number) => readonly PreparedEnvelope[],
    { sequence: through, frames, checksum }: LastFrame,
  ): Promise<SnapshotEvent> {
    this.#isUnderWay = true;
    const number = this.#epoch * NUMBERS_PER_EPOCH + this.#written++;
    try {
      const parts = [...encode(Math.floor(this.#bus.maxPayload / 4))];
      const count = parts.length;
      this.#sinceLast = 0;
      this.#lastBytes = parts.reduce((sum, { size }) => sum + size, 0);
      this.#firstSequences.set(number, await this.#append(number, parts));
      return { type: "snapshot", number, parts: count, through, frames, checksum };
    } catch (error) {
      await this.#discard(number);
      throw error;
    } finally {
      this.#isUnderWay = false;
    }
  }

  /** The journal names it: what it covers may go, and every snapshot before it. */
  async purge({ number, through }: SnapshotEvent): Promise<void> {
    const names = streamsOf(this.#scope);
    await purgeStream(this.#bus, names.journal, { belowSequence: through + 1 });
    const first = this.#firstSequences.get(number);
    this.#firstSequences.delete(number);
    if (first !== undefined && first > 1) await purgeStream(this.#bus, names.snapshots, { belowSequence: first });
  }

  /** @param parts are taken out one by one, since each may be all that is left of jobs that end meanwhile. @returns the sequence of the first part. */
  async #append(number: number, parts: PreparedEnvelope[]): Promise<number> {
    const subjects = subjectsOf(this.#scope);
    let first = 0;
    let index = 0;
    for (let part = parts.shift(); part !== undefined; part = parts.shift(), index++) {
      const sequence = await appendToStream(this.#bus, subjects.snapshot(number, index), sealed(part.seal()));
      if (index === 0) first = sequence;
    }
    return first;
  }

  /** Half a snapshot only takes room. */
  async #discard(number: number): Promise<void> {
    const subject = subjectsOf(this.#scope).snapshot(number, 0).replace(/\.0$/, ".>");
    await purgeStream(this.#bus, streamsOf(this.#scope).snapshots, { subject }).catch(() => undefined); // goes with the next purge
  }
}
