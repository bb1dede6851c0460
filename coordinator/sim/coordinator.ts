/** A model of shell/pipeline-coordinator.ts: a standby that folds the journal along, and owns the pipeline while it holds the lease. */
import type { UpBatch } from "@troupe/protocol";
import type { DoorRequest } from "../src/core/door.ts";
import type { ReplicaKey } from "../src/core/takeover.ts";
import { Election, RENEW_MS } from "./election.ts";
import type { Guidance } from "./guidance.ts";
import { LiveOwner, type LiveOwnerWorld } from "./live-owner.ts";
import type { Process, Task } from "./process.ts";
import { catchUp, JournalLostError, replay, type Replayed } from "./replay.ts";

const STANDBY_MS = 250;
const RECENT_MS = 2_500;

export interface CoordinatorWorld extends LiveOwnerWorld {
  /** What the bucket of revisions says of the pipeline at this moment. */
  readonly guidance: () => Guidance;
  /** A state was read from the server anew. */
  readonly replayed: (replayed: Replayed) => void;
}

export class Coordinator {
  readonly process: Process;
  readonly election: Election;
  readonly #world: CoordinatorWorld;
  readonly #id: string;
  readonly #heard = new Map<ReplicaKey, number>();
  phase: "starting" | "standby" | "owner" | "stalled" = "starting";
  live: LiveOwner | undefined;
  #replayed: Replayed | undefined;
  /** What it read last, which may be old. */
  #guidance: Guidance | undefined;
  /** The last frame that it knew of when it last owned. */
  #known = 0;

  constructor(process: Process, world: CoordinatorWorld, id: string) {
    this.process = process;
    this.#world = world;
    this.#id = id;
    this.election = new Election(process.clock, world.server, id);
    process.spawn(this.#run());
  }

  /** The last frame that it knows of. */
  get sequence(): number {
    return this.live?.writer.sequence ?? this.#replayed?.sequence ?? 0;
  }

  hear(batch: UpBatch): void {
    const key: ReplicaKey = `${batch.from.group}/${batch.from.replica}`;
    if (batch.messages.some(({ type }) => type === "gone")) this.#heard.delete(key);
    else if (batch.messages.some(({ type }) => type === "beat")) this.#heard.set(key, this.process.clock.now);
    this.live?.hear(batch);
  }

  knock(request: DoorRequest): void {
    this.live?.knock(request);
  }

  *#run(): Task {
    for (;;) {
      try {
        yield* this.#step();
      } catch (error) {
        if (!(error instanceof JournalLostError)) throw error;
        this.#stall();
      }
    }
  }

  *#step(): Task {
    const { server } = this.#world;
    switch (this.phase) {
      case "starting": {
        this.#replayed = yield* server.ask(() => replay(server));
        if (this.#replayed === undefined) return;
        if (this.#replayed.sequence < this.#known) throw new JournalLostError("the journal is shorter than it was");
        this.#world.replayed(this.#replayed);
        this.phase = "standby";
        return;
      }
      case "standby":
        yield* this.#stand();
        return;
      case "owner":
        yield RENEW_MS;
        yield* this.#own();
        return;
      case "stalled":
        yield 60_000;
        return;
    }
  }

  *#stand(): Task {
    const replayed = this.#replayed;
    if (replayed === undefined) return;
    const isCaughtUp = yield* this.#catchUp(replayed);
    yield* this.#look();
    const guidance = this.#guidance;
    if (!isCaughtUp || guidance === undefined || !(yield* this.election.tryAcquire())) {
      yield STANDBY_MS;
      return;
    }
    if (!(yield* this.#catchUp(replayed))) return;
    const present = [...this.#heard].filter(([, at]) => at > this.process.clock.now - RECENT_MS).map(([key]) => key);
    const { process, election } = this;
    this.live = new LiveOwner({
      process,
      election,
      replayed,
      present,
      world: this.#world,
      id: this.#id,
      guidance,
      onLost: (why) => {
        this.#lost(why);
      },
    });
    this.phase = "owner";
  }

  *#catchUp(replayed: Replayed): Task<boolean> {
    const { server } = this.#world;
    const isDone = yield* server.ask(() => {
      catchUp(server, replayed);
      return true;
    });
    return isDone === true;
  }

  *#own(): Task {
    const live = this.live;
    if (live === undefined || this.phase !== "owner") return;
    const outcome = yield* this.election.renew();
    if (outcome !== "lost" && (yield* this.#look())) live.heed(this.#guidance);
    if (outcome !== "lost" || this.live !== live) return;
    live.close();
    this.#lost("fenced");
  }

  /** @returns whether the bucket answered. */
  *#look(): Task<boolean> {
    const { server, guidance } = this.#world;
    const read = yield* server.ask(guidance);
    if (read !== undefined) this.#guidance = read;
    return read !== undefined;
  }

  #lost(why: "fenced" | "journal-lost"): void {
    this.#known = this.sequence;
    this.live = undefined;
    if (why === "journal-lost") this.#stall();
    else this.phase = "starting";
  }

  #stall(): void {
    this.live?.close();
    this.live = undefined;
    this.phase = "stalled";
  }
}
