/**
 * The time of one owner, of a pipeline or of a registry: its journal and snapshots, its ticks, and that all of it ends together. It begins when
 * the epoch frame is journalled, and ends with `close`, or when another owner fences it off or the journal turns out to be lost (E8, E10).
 */
import type { Bus, BusSubscription, PreparedEnvelope, Scope } from "@troupe/protocol";
import type { SnapshotEvent } from "../core/events.ts";
import type { Moment } from "../core/execution.ts";
import type { Frame, FrameWriter } from "../core/frame-writer.ts";
import type { Loss } from "./coordination.ts";
import type { Election } from "./election.ts";
import { Journal, type JournalFigures } from "./journal.ts";
import type { KnownFrame } from "./journal-replay.ts";
import type { Log } from "./log.ts";
import { Snapshots, type SnapshotsOptions } from "./snapshots.ts";

/** A turn that comes this late was frozen: nobody's silence counts then (E5). */
const FROZEN_MS = 1_000;

/** Of any kind of journal; all kinds name their snapshots in the same way. */
interface Journalled {
  readonly event: { readonly type: string } | SnapshotEvent;
}

export interface TenureOptions<Entry> {
  readonly bus: Bus;
  readonly scope: Scope;
  readonly log: Log;
  readonly election: Election;
  readonly writer: FrameWriter<Entry>;
  readonly encode: (frame: Frame<Entry>) => Uint8Array;
  readonly snapshots: Pick<SnapshotsOptions, "epoch" | "sinceLast" | "settings">;
  /** The state as it is now, in parts of `maxBytes` at most. */
  readonly encodeState: (maxBytes: number) => readonly PreparedEnvelope[];
  /** What makes a snapshot count. */
  readonly entryOf: (event: SnapshotEvent) => Entry;
  /** Folds what the journal took, and does what follows from it. */
  readonly commit: (entries: readonly Entry[], now: Moment) => void;
  /** Called once: the epoch frame is journalled and folded. */
  readonly begin: () => void;
  /** Called after every later frame. */
  readonly settle: () => void;
  /** The server has no room; these entries were given up. */
  readonly refused: (entries: readonly Entry[], why: string) => void;
  /** Called once, when it is over without having been closed. */
  readonly onLost: (why: Loss) => void;
}

export interface Ticks {
  readonly everyMs: number;
  /** Nobody is to be judged by a silence that was this owner's. */
  readonly renewLeases: (now: Moment) => void;
  readonly tick: (now: Moment) => void;
}

export class Tenure<Entry extends Journalled> {
  readonly snapshots: Snapshots;
  readonly #options: TenureOptions<Entry>;
  readonly #journal: Journal<Entry>;
  readonly #held: (BusSubscription | Disposable)[] = [];
  readonly #timers: NodeJS.Timeout[] = [];
  #hasBegun = false;
  #wasConfirmed = true;
  #lastTick = performance.now();
  #closed = false;

  /** Nothing is written before `pump`. */
  constructor(options: TenureOptions<Entry>) {
    this.#options = options;
    const { bus, scope, writer, encode, refused } = options;
    this.snapshots = new Snapshots({ bus, scope, ...options.snapshots });
    this.#journal = new Journal({
      bus,
      scope,
      writer,
      encode,
      events: {
        committed: (frame, bytes, askedAt) => {
          this.#committed(frame.entries, bytes, askedAt);
        },
        refused,
        stopped: (why) => {
          this.lose(why);
        },
      },
    });
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  get figures(): JournalFigures {
    return this.#journal.figures;
  }

  /** The last frame that is known to be journalled. */
  get journalled(): KnownFrame {
    const { sequence, checksum } = this.#options.writer;
    return { sequence, checksum };
  }

  /** Leaves everything as it is; the journal has all that counts. */
  close(): void {
    this.#closed = true;
    this.#journal.close();
    for (const each of this.#held) {
      if ("unsubscribe" in each) each.unsubscribe();
      else each[Symbol.dispose]();
    }
    for (const timer of this.#timers) clearInterval(timer);
  }

  /** It is over: another owner is there, or the journal is not what it was. */
  lose(why: Loss): void {
    if (this.#closed) return;
    this.close();
    this.#options.onLost(why);
  }

  /** Publishes what is pending, unless a frame is under way. */
  pump(): void {
    if (!this.#closed) this.#journal.pump();
  }

  /** What ends with it. */
  holds(...held: readonly (BusSubscription | Disposable)[]): void {
    this.#held.push(...held);
  }

  /** Again and again until it ends. */
  every(ms: number, act: () => void): void {
    this.#timers.push(setInterval(act, ms));
  }

  ticks({ everyMs, ...ticks }: Ticks): void {
    this.every(everyMs, () => {
      // Behind what has come meanwhile: after a freeze nobody is judged by a silence that was ours (E5).
      setImmediate(() => {
        this.#tick(ticks);
      });
    });
  }

  /** Writes the state as it is now; it counts once the journal names it. */
  async snapshot(): Promise<void> {
    const { encodeState, entryOf, writer } = this.#options;
    writer.put(entryOf(await this.snapshots.write(encodeState, writer)));
    this.pump();
  }

  /** Work that nobody waits for. @param failed what to say when it fails before this ends. */
  background(work: Promise<unknown>, failed: string): void {
    work.catch((error: unknown) => {
      if (!this.#closed) this.#options.log.warn(failed, { error: String(error) });
    });
  }

  #tick({ renewLeases, tick }: Omit<Ticks, "everyMs">): void {
    if (this.#closed) return;
    const now = momentNow();
    const { isConfirmed } = this.#options.election;
    if (now.mono - this.#lastTick > FROZEN_MS || (isConfirmed && !this.#wasConfirmed)) renewLeases(now);
    this.#lastTick = now.mono;
    this.#wasConfirmed = isConfirmed;
    if (!isConfirmed) return; // silence may be ours: nobody is judged by it
    tick(now);
  }

  #committed(entries: readonly Entry[], bytes: number, askedAt: number): void {
    const { election, commit, begin, settle } = this.#options;
    election.confirm(askedAt);
    commit(entries, momentNow());
    if (!this.#hasBegun) {
      this.#hasBegun = true;
      begin();
      return;
    }
    for (const { event } of entries)
      if (isSnapshot(event)) this.background(this.snapshots.purge(event), "the journal could not be purged");
    if (this.snapshots.note(bytes)) this.background(this.snapshot(), "a snapshot could not be written");
    settle();
  }
}

function isSnapshot(event: Journalled["event"]): event is SnapshotEvent {
  return event.type === "snapshot";
}

export function momentNow(): Moment {
  return { mono: performance.now(), wall: Date.now() };
}
