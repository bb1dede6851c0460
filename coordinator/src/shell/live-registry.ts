/**
 * The living owner of a free Group's registry: the core, wired to the bus. As for pipelines, nothing leaves while nothing confirms the
 * ownership (E8).
 */
import {
  encodeJson,
  EnvelopeError,
  groupSubjectsOf,
  inboxOf,
  parseNurseryBeat,
  parseRegistryRequest,
  purgeStream,
  streamsOf,
  subjectsOf,
  type ActorNews,
  type Bus,
  type GroupMark,
  type NurseryOrder,
  type Scope,
} from "@troupe/protocol";
import { FrameWriter } from "../core/frame-writer.ts";
import { encodeRegistryFrame, encodeRegistrySnapshot, eventBytes, type RegistryEntry } from "../registry/codec.ts";
import { commitRegistry, takeOverRegistry } from "../registry/commit.ts";
import { countActors, type RegistryCounts } from "../registry/load.ts";
import { heardNursery } from "../registry/nurseries.ts";
import {
  newRegistryOwner,
  reply,
  takeRegistryCommands,
  type RegistryCommand,
  type RegistryOwner,
  type RegistrySettings,
} from "../registry/owner.ts";
import { ask } from "../registry/requests.ts";
import type { RegistryState } from "../registry/state.ts";
import { renewRegistryLeases, tickRegistry } from "../registry/tick.ts";
import { neededPayloads } from "../registry/writers.ts";
import type { Live, Loss } from "./coordination.ts";
import { isAnswerable } from "./door.ts";
import type { Election } from "./election.ts";
import type { KnownFrame, Replayed } from "./journal-replay.ts";
import type { Log } from "./log.ts";
import { RegistryLoadReporter } from "./registry-load-reporter.ts";
import { roomOf } from "./streams.ts";
import type { StreamSizes } from "./stream-sizes.ts";
import { Sweep } from "./sweep.ts";
import { momentNow, Tenure } from "./tenure.ts";

const TICK_MS = 200;
/** Streams begin small; what is put into a Group can fill them within seconds. */
const ROOM_CHECK_MS = 2_000;

export interface LiveRegistryOptions {
  readonly bus: Bus;
  readonly scope: Scope;
  readonly id: string;
  readonly election: Election;
  readonly replayed: Replayed<RegistryState>;
  /** The one of this ownership (E8). */
  readonly epoch: number;
  readonly log: Log;
  readonly settings?: Partial<RegistrySettings> | undefined;
  /** Between two looks at what is stored. Default: see {@link Sweep}. */
  readonly sweepMs?: number | undefined;
  /** What its streams may grow to. */
  readonly streams: StreamSizes;
  readonly onLost: (why: Loss) => void;
}

/** What an owner counts, for those who measure it. */
export type RegistryFigures = RegistryCounts & { readonly replicas: number };

export class LiveRegistry implements Live {
  readonly #options: LiveRegistryOptions;
  readonly #owner: RegistryOwner;
  readonly #epoch: number;
  readonly #writer: FrameWriter<RegistryEntry>;
  readonly #load: RegistryLoadReporter;
  readonly #tenure: Tenure<RegistryEntry>;
  readonly #orders = new Map<string, NurseryOrder[]>();
  #news: ActorNews[] = [];
  #isFlushDue = false;
  #roomAt = -Infinity;

  constructor(options: LiveRegistryOptions) {
    const { bus, scope, replayed, epoch, settings } = options;
    this.#options = options;
    this.#epoch = epoch;
    this.#load = new RegistryLoadReporter(bus, scope, options.id);
    this.#owner = newRegistryOwner(replayed.state, {
      uid: scope.uid,
      now: momentNow(),
      ...(settings === undefined ? {} : { settings }),
    });
    this.#writer = new FrameWriter<RegistryEntry>(
      { sizeOf: ({ event }) => eventBytes(event), isOptional: ({ event }) => event.type === "create" },
      {
        epoch,
        sequence: replayed.sequence,
        number: replayed.frames,
        checksum: replayed.checksum,
        maxBytes: Math.floor(bus.maxPayload / 4),
      },
    );
    this.#tenure = new Tenure<RegistryEntry>({
      bus,
      scope,
      log: options.log,
      election: options.election,
      writer: this.#writer,
      encode: encodeRegistryFrame,
      snapshots: { epoch, sinceLast: replayed.bytes, settings: { leastBytes: 1024 * 1024 } },
      encodeState: (maxBytes) => encodeRegistrySnapshot(this.#owner.state, maxBytes),
      entryOf: (event) => ({ event, context: {} }),
      commit: (entries, moment) => {
        commitRegistry(this.#owner, entries, moment);
      },
      begin: () => {
        this.#start();
      },
      settle: () => {
        this.#settle();
      },
      refused: (entries, why) => {
        this.#refused(entries, why);
      },
      onLost: options.onLost,
    });
    this.#writer.put({ event: { type: "epoch", epoch, owner: options.id, at: Date.now() }, context: {} });
    this.#tenure.pump();
  }

  /** What Kubernetes says of the Group; null: nothing. */
  heed(mark: GroupMark | null): void {
    this.#owner.mark = mark;
  }

  get figures(): RegistryFigures {
    return { ...countActors(this.#owner), replicas: this.#owner.nurseries.size };
  }

  get journalled(): KnownFrame {
    return this.#tenure.journalled;
  }

  close(): void {
    this.#tenure.close();
  }

  #start(): void {
    const { bus, scope, log, election, sweepMs: everyMs } = this.#options;
    const subjects = groupSubjectsOf(scope);
    takeOverRegistry(this.#owner, momentNow());
    this.#tenure.holds(
      bus.subscribe(subjects.up, ({ data }) => {
        this.#hear(() => {
          heardNursery(this.#owner, parseNurseryBeat(data), momentNow());
        });
      }),
      bus.subscribe(subjects.registry, ({ data, reply: to }) => {
        // E8: frozen or cut off, this owner may have been replaced. Whoever asks, asks again.
        if (!this.#options.election.isConfirmed || !this.#mayAnswer(to)) return;
        this.#hear(() => {
          ask(this.#owner, { request: parseRegistryRequest(data), to }, momentNow());
        });
      }),
    );
    // What calls have stored goes with them; what its writer can no longer remove goes by this.
    const sweep = new Sweep({
      bus,
      scope,
      log,
      everyMs,
      isConfirmed: () => election.isConfirmed,
      needs: () => neededPayloads(this.#owner, momentNow()),
    });
    this.#tenure.holds(sweep);
    this.#tenure.ticks({
      everyMs: TICK_MS,
      renewLeases: (moment) => {
        renewRegistryLeases(this.#owner, moment);
      },
      tick: (moment) => {
        tickRegistry(this.#owner, moment);
        this.#settle();
        this.#load.look(this.#owner);
        this.#lookForRoom(moment.mono);
      },
    });
    this.#callRoll();
    this.#settle();
  }

  /** Actors hear answers at an inbox of their Group's own, as agents do. */
  #mayAnswer(to: string): boolean {
    const { scope } = this.#options;
    const own = `${inboxOf(scope, scope.pipeline)}.`;
    return to === "" || isAnswerable(to.startsWith(own) ? to.slice(own.length) : to);
  }

  /** To all nurseries: they need not be known yet. */
  #callRoll(): void {
    const { bus, scope } = this.#options;
    const orders = encodeJson({ epoch: this.#epoch, orders: [{ type: "roll-call" }] });
    bus.publish(groupSubjectsOf(scope).down("all"), orders);
  }

  #hear(act: () => void): void {
    try {
      act();
    } catch (error) {
      if (!(error instanceof EnvelopeError)) throw error;
      this.#options.log.warn("a message that is none was ignored", { error: error.message });
    }
    this.#settle();
  }

  #lookForRoom(now: number): void {
    if (now - this.#roomAt < ROOM_CHECK_MS) return;
    this.#roomAt = now;
    const { bus, scope, streams } = this.#options;
    const { snapshots } = this.#tenure;
    const look = async (): Promise<void> => {
      const room = await roomOf(bus, scope, { sizes: streams, journalWanted: snapshots.journalWanted });
      snapshots.setJournalLimit(room.journalLimit);
    };
    this.#tenure.background(look(), "the streams' room could not be looked after");
  }

  async #discard(blobs: readonly string[]): Promise<void> {
    const { bus, scope } = this.#options;
    const { blobsPrefix } = subjectsOf(scope);
    for (const id of blobs) await purgeStream(bus, streamsOf(scope).blobs, { subject: `${blobsPrefix}${id}.*` });
  }

  #refused(entries: readonly RegistryEntry[], why: string): void {
    for (const { event } of entries) {
      if (event.type !== "create") continue;
      const { id } = event.order;
      this.#owner.underWay.delete(`create ${id}`);
      const waiter = this.#owner.waiters.get(id);
      this.#owner.waiters.delete(id);
      if (waiter === undefined) continue;
      reply(this.#owner, waiter.to, {
        ok: false,
        code: "StreamFull",
        message: `NATS has no room for more: ${why}`,
        hint: "create it later; nothing that was accepted is lost",
      });
    }
    this.#settle();
  }

  /** Carries out the commands now, and says what is to be said at the end of the turn. */
  #settle(): void {
    for (const command of takeRegistryCommands(this.#owner)) this.#execute(command);
    if (this.#isFlushDue) return;
    this.#isFlushDue = true;
    setImmediate(() => {
      this.#isFlushDue = false;
      this.#flush();
    });
  }

  #execute(command: RegistryCommand): void {
    const { bus, log } = this.#options;
    switch (command.kind) {
      case "append":
        this.#writer.put(command);
        return;
      case "send": {
        const orders = this.#orders.get(command.replica);
        if (orders === undefined) this.#orders.set(command.replica, [command.order]);
        else orders.push(command.order);
        return;
      }
      case "reply":
        if (command.to !== "") bus.publish(command.to, encodeJson(command.reply));
        return;
      case "news":
        this.#news.push(command.news);
        return;
      case "discard":
        this.#tenure.background(this.#discard(command.blobs), "stored payloads could not be removed");
        return;
      case "log":
        log[command.level](command.message, command.fields);
        return;
    }
  }

  #flush(): void {
    if (this.#tenure.isClosed) return;
    this.#tenure.pump();
    if (!this.#options.election.isConfirmed) return; // said again: beats and requests come again
    const { bus, scope } = this.#options;
    const subjects = groupSubjectsOf(scope);
    for (const [replica, orders] of this.#orders)
      bus.publish(subjects.down(replica), encodeJson({ epoch: this.#epoch, orders }));
    this.#orders.clear();
    if (this.#news.length > 0) bus.publish(subjects.news, encodeJson({ epoch: this.#epoch, actors: this.#news }));
    this.#news = [];
  }
}
