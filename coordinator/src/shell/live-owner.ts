/**
 * A living owner: the core, wired to the bus. Messages go into the core, its appends to the journal, what the journal took back into the
 * core, and what is to be said leaves once a turn. Nothing leaves while nothing confirms the ownership (E8).
 */
import {
  BlobStore,
  DOOR_OPERATIONS,
  subjectsOf,
  type BlobPlace,
  type BusMessage,
  type DoorOperation,
  type UpBatch,
} from "@troupe/protocol";
import { commit, type Committed } from "../core/commit.ts";
import { knock, type DoorRequest, recorded, unreadable } from "../core/door.ts";
import { loadOf, type LoadFacts } from "../core/load.ts";
import {
  arrived,
  heldBytes,
  newOwner,
  reply,
  takeCommands,
  type Command,
  type Owner,
  type RecordUse,
} from "../core/owner.ts";
import { encodeFrame, owned } from "../core/frame-codec.ts";
import { needs } from "../core/release.ts";
import { renewLeases } from "../core/replicas.ts";
import { encodeSnapshot } from "../core/snapshot.ts";
import { takeOver } from "../core/takeover.ts";
import { pageWritten, tick } from "../core/tick.ts";
import { hear } from "../core/uplink.ts";
import { Writer } from "../core/writer.ts";
import { DoorError, isAnswerable, parseRequest } from "./door.ts";
import { EarlySubmissions } from "./early-submissions.ts";
import type { JournalFigures } from "./journal.ts";
import { LoadReporter } from "./load-reporter.ts";
import type { LiveOwnerOptions } from "./live-owner-options.ts";
import { markJournal } from "./journal-mark.ts";
import type { KnownFrame } from "./journal-replay.ts";
import { Outbox } from "./outbox.ts";
import { Records } from "./records.ts";
import type { Guidance } from "./revision-reader.ts";
import { roomOf } from "./streams.ts";
import { stuckReply } from "./stuck-reply.ts";
import { Sweep } from "./sweep.ts";
import { momentNow, Tenure } from "./tenure.ts";
import { WriteWatch } from "./write-watch.ts";

const TICK_MS = 100;
const BEACON_MS = 1_000;
/** While nothing is journalled, the streams' room is looked after this often. */
const IDLE_ROOM_CHECK_MS = 5_000;

/** What an owner counts, for those who measure it. */
export interface OwnerFigures extends LoadFacts, JournalFigures {
  /** What jobs and aggregates hold of inline payloads in memory. */
  readonly payloadBytes: number;
}

interface Submission {
  readonly request: DoorRequest;
  /** Whether its input was too large for the journal, and stored apart. */
  readonly isStored: boolean;
}

export class LiveOwner {
  readonly #options: LiveOwnerOptions;
  readonly #owner: Owner;
  readonly #writer: Writer;
  readonly #tenure: Tenure<Committed>;
  readonly #outbox: Outbox;
  readonly #records: Records;
  readonly #blobs: BlobStore;
  /** When the streams' room was looked after, and how far the journal was. */
  #checked = { sequence: -1, at: -Infinity };
  #sweep: Sweep | undefined;
  readonly #writes: WriteWatch;
  readonly #early: EarlySubmissions<Submission>;
  #isFlushDue = false;

  constructor(options: LiveOwnerOptions) {
    const { bus, scope, replayed, epoch } = options;
    this.#options = options;
    const { snapshots, roomCheckMs: _, sweepMs: __, canGrow: ___, ...settings } = options.tuning ?? {};
    const maxBytes = Math.floor(bus.maxPayload / 2) - 64 * 1024;
    this.#owner = newOwner(replayed.state, {
      epoch,
      settings: { maxMessageBytes: maxBytes, ...settings },
      random: Math.random,
    });
    const { sequence, frames: number, checksum } = replayed;
    this.#writer = new Writer({ epoch, sequence, number, checksum, maxBytes: Math.min(maxBytes, 1024 * 1024) });
    this.#outbox = new Outbox({
      bus,
      scope,
      epoch,
      maySpeak: () => !this.#tenure.isClosed && options.election.isConfirmed,
    });
    this.#blobs = new BlobStore(bus, scope, options.payloads);
    this.#records = new Records(bus, scope, this.#blobs);
    this.#tenure = new Tenure<Committed>({
      bus,
      scope,
      log: options.log,
      election: options.election,
      writer: this.#writer,
      encode: encodeFrame,
      snapshots: { epoch, sinceLast: replayed.bytes, ...(snapshots === undefined ? {} : { settings: snapshots }) },
      encodeState: (bytes) => encodeSnapshot(this.#owner.state, bytes),
      entryOf: (event) => ({ event, context: {} }),
      commit: (entries, now) => {
        commit(this.#owner, entries, now);
      },
      begin: () => {
        void this.#begin();
      },
      settle: () => {
        this.#settle();
      },
      refused: (entries, why) => {
        this.#refused(entries, why);
      },
      onLost: options.onLost,
    });
    this.#writes = new WriteWatch({ ...options, holder: options.id });
    this.#early = new EarlySubmissions({
      look: async () => {
        this.heed(await options.findRevision());
      },
      answer: (submission) => {
        this.#answer(submission);
      },
    });
    this.#writer.add({ type: "epoch", epoch, owner: options.id, at: Date.now() }, {});
    this.#tenure.pump();
  }

  heed({ current, control }: Guidance): void {
    this.#owner.current = current;
    this.#owner.control = control;
  }

  get figures(): OwnerFigures {
    return { ...loadOf(this.#owner), ...this.#tenure.figures, payloadBytes: heldBytes(this.#owner) };
  }

  /** The last frame that is known to be journalled. */
  get journalled(): KnownFrame {
    return this.#tenure.journalled;
  }

  /** Leaves everything as it is; the journal has all that counts. */
  close(): void {
    this.#tenure.close();
  }

  /** Nothing is acknowledged before a loss of the journal would be noticed. */
  async #begin(): Promise<void> {
    const { bus, scope, replayed, log } = this.#options;
    if (!replayed.isMarked) await markJournal({ bus, scope, log, isClosed: () => this.#tenure.isClosed });
    if (!this.#tenure.isClosed) this.#start();
  }

  #start(): void {
    const { bus, scope, log, payloads, payloadTotal, rollCall } = this.#options;
    const subjects = subjectsOf(scope);
    takeOver(this.#owner, momentNow(), rollCall.present);
    const isConfirmed = (): boolean => this.#options.election.isConfirmed;
    const reporter = new LoadReporter({ bus, scope, coordinator: this.#options.id, owner: this.#owner, isConfirmed });
    const everyMs = this.#options.tuning?.sweepMs;
    this.#sweep = new Sweep({ bus, scope, log, payloads, everyMs, isConfirmed, needs: () => needs(this.#owner.state) });
    const subscribed = DOOR_OPERATIONS.map((operation) =>
      bus.subscribe(subjects.door(operation), (message) => {
        this.#knocked(operation, message);
      }),
    );
    const heard = rollCall.listen((batch) => {
      this.#heard(batch);
    });
    this.#tenure.holds(heard, ...subscribed, this.#sweep, reporter);
    this.#tenure.holds({ [Symbol.dispose]: () => payloadTotal?.forget(this) });
    this.#tenure.ticks({
      everyMs: TICK_MS,
      renewLeases: (now) => {
        renewLeases(this.#owner, now);
      },
      tick: (now) => {
        tick(this.#owner, now);
        this.#noteHeld();
        this.#settle();
      },
    });
    this.#tenure.every(BEACON_MS, () => {
      this.#beacon();
    });
    this.#tenure.every(this.#options.tuning?.roomCheckMs ?? 1_000, () => {
      void this.#checkRoom();
    });
    void this.#checkRoom();
    this.#beacon();
    this.#settle();
  }

  #noteHeld(): void {
    this.#owner.elsewhereBytes = this.#options.payloadTotal?.note(this, heldBytes(this.#owner)) ?? 0;
  }

  #heard({ from, messages }: UpBatch): void {
    const kept = messages.map((each) => (each.type === "done" ? { ...each, output: owned(each.output) } : each));
    hear(this.#owner, { from, messages: kept }, momentNow());
    this.#settle();
  }

  #knocked(operation: DoorOperation, message: BusMessage): void {
    if (!isAnswerable(message.reply)) return; // nobody would learn what became of it
    // E8: frozen or cut off, this owner may have been replaced, and what it knows may be old. Whoever asks, asks again.
    if (!this.#options.election.isConfirmed) {
      if (operation === "submit") void this.#explain(message);
      return;
    }
    try {
      const request = parseRequest(operation, message, { blobs: this.#blobs, newId: () => crypto.randomUUID() });
      if (request instanceof Promise) {
        request.then(
          (parsed) => {
            this.#asked({ request: parsed, isStored: true });
          },
          (error: unknown) => {
            this.#unstorable(message, error);
          },
        );
      } else this.#asked({ request, isStored: false });
    } catch (error) {
      if (!(error instanceof DoorError)) throw error;
      this.#outbox.reply(message.reply, error.reply);
    }
  }

  /** Says why this owner is silent, if a disk that takes nothing is the reason; what was never taken is refused for it. */
  async #explain(message: BusMessage): Promise<void> {
    const id = message.header("Troupe-Job-Id");
    if (!(await this.#writes.isStuck()) || this.#tenure.isClosed) return;
    const isUnderWay = this.#writer.holds(({ event }) => event.type === "submit" && event.job === id);
    const isKnown = isUnderWay || this.#owner.state.jobs.has(id) || this.#owner.state.index.has(id);
    this.#outbox.reply(message.reply, stuckReply(id, isKnown));
  }

  #asked(submission: Submission): void {
    const isEarly = this.#owner.current === undefined || !this.#early.isEmpty;
    if (submission.request.operation === "submit" && isEarly) this.#early.add(submission);
    else this.#answer(submission);
  }

  #answer({ request, isStored }: Submission): void {
    if (this.#tenure.isClosed || !this.#options.election.isConfirmed) return; // E8
    const { submitting, state } = this.#owner;
    this.#noteHeld();
    knock(this.#owner, request, momentNow());
    this.#settle();
    if (request.operation !== "submit" || !("ref" in request.input) || this.#owner.submitting > submitting) return;
    if (state.jobs.has(request.id) || state.index.has(request.id)) return;
    // What the door stored for a submission that is refused is of no use to anybody; what its client stored, it sends again.
    if (!isStored) this.#sweep?.refused(request.id);
    else this.#purgeBlob(request.input.ref.id, "stream");
  }

  #unstorable(message: BusMessage, error: unknown): void {
    const text = error instanceof Error ? error.message : String(error);
    this.#outbox.reply(message.reply, {
      kind: "refused",
      code: "StreamFull",
      message: `the input could not be stored: ${text}`,
      hint: "submit again later",
      retryAfterMs: 1_000,
    });
  }

  #beacon(): void {
    if (this.#options.election.isConfirmed) this.#outbox.beacon(this.#options.id);
  }

  #refused(entries: readonly Committed[], why: string): void {
    this.#owner.full = `NATS has no room for more: ${why}`;
    for (const { event, context } of entries) {
      if (event.type !== "submit") continue;
      const id = event.job;
      arrived(this.#owner, event);
      if (context.reply !== undefined)
        reply(this.#owner, context.reply, {
          kind: "refused",
          id,
          code: "StreamFull",
          message: this.#owner.full,
          hint: "submit again later; nothing that was accepted is lost",
          retryAfterMs: 5_000,
        });
    }
    this.#settle();
  }

  /** Carries out the commands now, and says what is to be said at the end of the turn. */
  #settle(): void {
    for (let commands = takeCommands(this.#owner); commands.length > 0; commands = takeCommands(this.#owner)) {
      for (const command of commands) this.#execute(command);
    }
    if (this.#isFlushDue) return;
    this.#isFlushDue = true;
    // Behind the handler of the present chunk from the socket, and before the event loop goes on: one write a chunk.
    queueMicrotask(() => {
      this.#flush();
    });
  }

  #flush(): void {
    this.#isFlushDue = false;
    if (this.#tenure.isClosed) return;
    this.#tenure.pump();
    if (this.#options.election.isConfirmed) this.#outbox.flush();
    else
      setTimeout(() => {
        if (!this.#isFlushDue) this.#settle();
      }, TICK_MS);
  }

  #execute(command: Command): void {
    switch (command.kind) {
      case "append":
        this.#writer.add(command.event, command.context);
        return;
      case "send":
        this.#outbox.send(command.group, command.replica, command.message);
        return;
      case "reply":
        this.#outbox.reply(command.to, command.reply);
        return;
      case "write-page":
        void this.#writePage(command.jobs);
        return;
      case "read-record":
        void this.#readRecord(command.page, command.job, command.use);
        return;
      case "purge-blob":
        this.#purgeBlob(command.id, command.place);
        return;
      case "purge-pages":
        this.#tenure.background(this.#records.purge(command.below), "records could not be purged");
        return;
      case "log":
        this.#options.log[command.level](command.message, command.fields);
        return;
    }
  }

  async #writePage(jobs: Extract<Command, { kind: "write-page" }>["jobs"]): Promise<void> {
    const written = await this.#records.write(jobs).catch((error: unknown) => {
      this.#options.log.warn("a page of records could not be written; it is tried again", { error: String(error) });
      return null;
    });
    pageWritten(this.#owner, written?.jobs ?? jobs, written?.page ?? null, momentNow());
    this.#settle();
  }

  async #readRecord(page: number, id: string, use: RecordUse): Promise<void> {
    const found = await this.#records.read(page, id);
    if ("why" in found) this.#options.log.warn("a record could not be read", { job: id, page, error: found.why });
    if (!this.#options.election.isConfirmed) return; // E8
    if ("why" in found) unreadable(this.#owner, { id, use, ...found });
    else recorded(this.#owner, { id, use, ...found }, momentNow());
    this.#settle();
  }

  #purgeBlob(id: string, place: BlobPlace | undefined): void {
    this.#tenure.background(this.#blobs.purge(id, place), "a stored payload could not be purged");
  }

  async #checkRoom(): Promise<void> {
    const { bus, scope, log, tuning } = this.#options;
    const checked = { sequence: this.#writer.sequence, at: performance.now() };
    if (checked.sequence === this.#checked.sequence && checked.at - this.#checked.at < IDLE_ROOM_CHECK_MS) return;
    this.#checked = checked;
    try {
      const sizes = tuning?.canGrow === false ? undefined : this.#options.streams;
      const room = await roomOf(bus, scope, { sizes, journalWanted: this.#tenure.snapshots.journalWanted });
      // Who has nothing to append would not notice it otherwise.
      if (room.journalLast < checked.sequence) this.#tenure.lose("journal-lost");
      this.#owner.full = room.full;
      this.#tenure.snapshots.setJournalLimit(room.journalLimit);
      if (room.isJournalFull && !this.#tenure.isClosed && this.#tenure.snapshots.canMakeRoom)
        await this.#tenure.snapshot();
    } catch (error) {
      log.debug("the streams' room could not be looked after", { error: String(error) });
    }
  }
}
