/** A model of shell/live-owner.ts: the real core and the real writer, wired to the simulated server and network. */
import type { DownBatch, DownMessage, Lease, UpBatch } from "@troupe/protocol";
import { commit, type Committed } from "../src/core/commit.ts";
import { knock, recorded, type DoorRequest } from "../src/core/door.ts";
import type { Moment } from "../src/core/execution.ts";
import type { Job } from "../src/core/job.ts";
import {
  arrived,
  newOwner,
  reply,
  takeCommands,
  type Command,
  type Owner,
  type OwnerSettings,
  type RecordUse,
  type Reply,
} from "../src/core/owner.ts";
import { encodePage, jobsOfPage } from "../src/core/record.ts";
import { renewLeases } from "../src/core/replicas.ts";
import { encodeSnapshot } from "../src/core/snapshot.ts";
import { takeOver, type ReplicaKey } from "../src/core/takeover.ts";
import { pageWritten, tick } from "../src/core/tick.ts";
import { hear } from "../src/core/uplink.ts";
import { Writer, type Frame } from "../src/core/writer.ts";
import type { Election } from "./election.ts";
import type { Guidance } from "./guidance.ts";
import { Journal } from "./journal.ts";
import { voided, type Process, type Task } from "./process.ts";
import type { Replayed } from "./replay.ts";
import type { Random } from "./random.ts";
import type { Server } from "./server.ts";
import { Snapshots } from "./snapshots.ts";

const TICK_MS = 100;
const FROZEN_MS = 1_000;
const BEACON_MS = 1_000;
const ROOM_CHECK_MS = 1_000;
const FRAME_BYTES = 16_384;

export interface LiveOwnerWorld {
  readonly server: Server;
  readonly random: Random;
  readonly wall: () => number;
  /** Says something to one replica, or, with "" for its name, to all. */
  readonly say: (group: string, replica: string, batch: DownBatch) => void;
  /** An execution is meant for an instance. */
  readonly meant: (lease: Lease, instance: string) => void;
  readonly answer: (to: string, reply: Reply, epoch: number) => void;
  /** After every step of the core: whatever has to hold is looked at. */
  readonly stepped: (live: LiveOwner) => void;
  readonly purgeBlob: (id: string) => void;
  readonly snapshotFrames: number;
  readonly settings: Partial<OwnerSettings>;
  /** A mutation: everything is acknowledged before it is journalled. */
  readonly acknowledgesEarly: boolean;
}

export interface LiveOwnerOptions {
  readonly process: Process;
  readonly world: LiveOwnerWorld;
  readonly id: string;
  readonly election: Election;
  readonly replayed: Replayed;
  readonly present: readonly ReplicaKey[];
  readonly guidance: Guidance;
  readonly onLost: (why: "fenced" | "journal-lost") => void;
}

export class LiveOwner {
  readonly owner: Owner;
  readonly writer: Writer;
  readonly #options: LiveOwnerOptions;
  readonly #journal: Journal;
  readonly #snapshots: Snapshots;
  readonly #down = new Map<string, { group: string; replica: string; messages: DownMessage[] }>();
  #isFlushDue = false;
  #isStarted = false;
  #isClosed = false;
  #wasConfirmed = true;
  #lastTick: number;

  constructor(options: LiveOwnerOptions) {
    const { replayed, world, process } = options;
    this.#options = options;
    const epoch = replayed.state.epoch + 1;
    this.owner = newOwner(replayed.state, { epoch, settings: world.settings, random: () => world.random.next() });
    this.heed(options.guidance);
    const { sequence, frames: number, checksum } = replayed;
    this.writer = new Writer({ epoch, sequence, number, checksum, maxBytes: FRAME_BYTES });
    this.#lastTick = process.clock.now;
    const isClosed = (): boolean => this.#isClosed;
    this.#journal = new Journal({
      process,
      server: world.server,
      writer: this.writer,
      isClosed,
      committed: (frame, askedAt) => {
        this.#committed(frame, askedAt);
      },
      refused: (entries) => {
        this.#refused(entries);
      },
      stopped: (why) => {
        this.#stopped(why);
      },
    });
    this.#snapshots = new Snapshots({
      process,
      server: world.server,
      writer: this.writer,
      frames: world.snapshotFrames,
      epoch,
      encode: (maxBytes) => encodeSnapshot(this.owner.state, maxBytes),
      written: (event) => {
        this.writer.add(event, {});
        this.#journal.pump();
      },
    });
    this.writer.add({ type: "epoch", epoch, owner: options.id, at: world.wall() }, {});
    this.#journal.pump();
  }

  /** Whether it listens. */
  get isOpen(): boolean {
    return this.#isStarted && !this.#isClosed;
  }

  heed(guidance: Guidance | undefined): void {
    if (guidance === undefined) return;
    this.owner.current = guidance.current;
    this.owner.control = guidance.control;
  }

  close(): void {
    this.#isClosed = true;
  }

  hear(batch: UpBatch): void {
    if (!this.isOpen) return;
    hear(this.owner, batch, this.#moment());
    this.#settle();
  }

  knock(request: DoorRequest): void {
    if (!this.isOpen || !this.#options.election.isConfirmed) return; // E8
    knock(this.owner, request, this.#moment());
    this.#settle();
  }

  #moment(): Moment {
    return { mono: this.#options.process.clock.now, wall: this.#options.world.wall() };
  }

  #start(): void {
    const { process, present } = this.#options;
    takeOver(this.owner, this.#moment(), present);
    this.#isStarted = true;
    // What came while the process was frozen is heard before anybody is judged by his silence.
    process.every(TICK_MS, () => {
      process.after(0, () => {
        this.#tick();
      });
      return !this.#isClosed;
    });
    process.every(ROOM_CHECK_MS, () => {
      const { server } = this.#options.world;
      if (server.journal.last < this.writer.sequence && !this.#isClosed) this.#stopped("journal-lost");
      this.owner.full = server.isFull ? "the server has no room" : undefined;
      return !this.#isClosed;
    });
    this.#beacon();
    process.every(BEACON_MS, () => this.#beacon());
    this.#settle();
  }

  #tick(): void {
    if (this.#isClosed) return;
    const now = this.#moment();
    const { isConfirmed } = this.#options.election;
    if (now.mono - this.#lastTick > FROZEN_MS || (isConfirmed && !this.#wasConfirmed)) renewLeases(this.owner, now);
    this.#lastTick = now.mono;
    this.#wasConfirmed = isConfirmed;
    if (!isConfirmed) return;
    tick(this.owner, now);
    this.#settle();
  }

  #beacon(): boolean {
    const { election, world, id } = this.#options;
    if (election.isConfirmed && !this.#isClosed)
      world.say("", "", { epoch: this.owner.epoch, messages: [{ type: "beacon", owner: id }] });
    return !this.#isClosed;
  }

  // ------------------------------------------------------------------------------------------------------------- the journal

  #refused(entries: readonly Committed[]): void {
    const { owner } = this;
    owner.full = "the server has no room";
    for (const {
      event,
      context: { reply: to = "" },
    } of entries) {
      if (event.type !== "submit") continue;
      const id = event.job;
      arrived(owner, event);
      reply(owner, to, {
        kind: "refused",
        id,
        code: "StreamFull",
        message: owner.full,
        hint: "submit again later",
        retryAfterMs: 1_000,
      });
    }
    this.#settle();
  }

  #stopped(why: "fenced" | "journal-lost"): void {
    this.close();
    this.#options.onLost(why);
  }

  #committed({ entries }: Frame, askedAt: number): void {
    this.#options.election.confirm(askedAt);
    commit(this.owner, entries, this.#moment());
    if (!this.#isStarted) {
      this.#start();
      return;
    }
    for (const { event } of entries) if (event.type === "snapshot") this.#snapshots.purge(event);
    this.#snapshots.note();
    this.#settle();
  }

  // ------------------------------------------------------------------------------------------------------------ the commands

  #settle(): void {
    for (let commands = takeCommands(this.owner); commands.length > 0; commands = takeCommands(this.owner)) {
      for (const command of commands) this.#execute(command);
    }
    this.#options.world.stepped(this);
    if (this.#isFlushDue) return;
    this.#isFlushDue = true;
    this.#options.process.after(0, () => {
      this.#flush();
    });
  }

  #flush(): void {
    this.#isFlushDue = false;
    if (this.#isClosed) return;
    this.#journal.pump();
    const { election, process, world } = this.#options;
    if (!election.isConfirmed) {
      process.after(TICK_MS, () => {
        if (!this.#isFlushDue) this.#settle();
      });
      return;
    }
    for (const { group, replica, messages } of this.#down.values())
      world.say(group, replica, { epoch: this.owner.epoch, messages });
    this.#down.clear();
  }

  #execute(command: Command): void {
    const { process, world } = this.#options;
    switch (command.kind) {
      case "append":
        if (world.acknowledgesEarly) this.#acknowledgeEarly(command);
        this.writer.add(command.event, command.context);
        return;
      case "send":
        this.#post(command.group, command.replica, command.message);
        return;
      case "reply":
        world.answer(command.to, command.reply, this.owner.epoch);
        return;
      case "write-page":
        process.spawn(this.#writePage(command.jobs));
        return;
      case "read-record":
        process.spawn(this.#readRecord(command.page, command.job, command.use));
        return;
      case "purge-pages":
        process.spawn(
          voided(
            world.server.call(() => {
              world.server.records.purgeBelow(command.below);
            }),
          ),
        );
        return;
      case "purge-blob":
        this.#purgeBlob(command.id);
        return;
      case "log":
        return;
    }
  }

  #purgeBlob(id: string): void {
    const { world, process } = this.#options;
    process.spawn(
      voided(
        world.server.ask(() => {
          world.purgeBlob(id);
        }),
      ),
    );
  }

  #acknowledgeEarly({ event, context }: Committed): void {
    const { reply: to, from } = context;
    if (event.type === "submit" && to !== undefined)
      this.#options.world.answer(to, { kind: "accepted", id: event.job, revision: event.revision }, this.owner.epoch);
    if (event.type === "done" && from !== undefined)
      this.#post(from.group, from.name, { type: "ack", what: [{ lease: event.lease, module: event.module }] });
  }

  #post(group: string, replica: string, message: DownMessage): void {
    if (message.type === "run")
      this.#options.world.meant(message.lease, this.owner.executions.get(message.lease)?.replica.instance ?? "");
    const key = `${group}/${replica}`;
    const batch = this.#down.get(key);
    if (batch === undefined) this.#down.set(key, { group, replica, messages: [message] });
    else batch.messages.push(message);
  }

  *#writePage(jobs: readonly Job[]): Task {
    const { server } = this.#options.world;
    const page = encodePage(jobs);
    const sequence = yield* server.writePage(page);
    if (this.#isClosed) return;
    pageWritten(this.owner, jobs, sequence ?? null, this.#moment());
    this.#settle();
  }

  *#readRecord(page: number, id: string, use: RecordUse): Task {
    const { server } = this.#options.world;
    const answer = yield* server.ask(() => ({ data: server.records.messages.get(page) }));
    if (answer === undefined || this.#isClosed || !this.#options.election.isConfirmed) return; // E8
    const job = answer.data === undefined ? undefined : jobsOfPage(answer.data).get(id);
    recorded(this.owner, { id, job, use }, this.#moment());
    this.#settle();
  }
}
