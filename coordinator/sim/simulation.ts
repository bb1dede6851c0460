/** One run of the engine under one seed: everything that happens in it follows from the seed. */
import { Clock } from "./clock.ts";
import { Clients, heardOf, type PlannedJob } from "./clients.ts";
import { OrderWatch, SuspensionWatch, auditBytes, auditIdle, auditOwner } from "./audit.ts";
import { difference } from "./difference.ts";
import { Coordinator, type CoordinatorWorld } from "./coordinator.ts";
import { Faults } from "./faults.ts";
import type { UpBatch } from "@troupe/protocol";
import { Bucket, drawChanges, type Change } from "./guidance.ts";
import { JournalWatch } from "./journal-watch.ts";
import { Ledger } from "./ledger.ts";
import type { LiveOwner } from "./live-owner.ts";
import { Network } from "./network.ts";
import { drawPipeline, type DrawnPipeline } from "./pipeline.ts";
import { retiredIn, type Outcome } from "./outcome.ts";
import { Parts } from "./parts.ts";
import { Process } from "./process.ts";
import { Random } from "./random.ts";
import { Replicas } from "./replicas.ts";
import { replay, type Replayed } from "./replay.ts";
import { Server } from "./server.ts";
import { Tokens } from "./tokens.ts";
import { planTruncation } from "./truncation.ts";
import { Violation } from "./violation.ts";
import { drawWeather, type Weather } from "./weather.ts";
import { Witness } from "./witness.ts";

/** What a run may leave out, to see that its absence is found. */
export interface Mutations {
  /** The journal takes a frame wherever it is. */
  readonly fence?: boolean;
  /** Everything is acknowledged before it is journalled. */
  readonly acknowledgesEarly?: boolean;
}

export interface SimulationOptions {
  readonly seed: number;
  readonly mutations?: Mutations;
  /** Is told what happens, line by line. */
  readonly trace?: (line: string) => void;
}

/** Virtual time after the last fault within which everything has to end. */
const LIVENESS_MS = 120_000;
const FULL_AUDIT_STEPS = 100;
const WALL_START = 1_700_000_000_000;

/** @throws {Violation} when an invariant is broken. */
export function simulate(options: SimulationOptions): Outcome {
  return new Simulation(options).run();
}

class Simulation {
  readonly #clock = new Clock();
  readonly #random: Random;
  readonly #pipeline: DrawnPipeline;
  readonly #weather: Weather;
  readonly #tokens = new Tokens();
  readonly #ledger = new Ledger(this.#tokens);
  readonly #bucket: Bucket;
  readonly #witness: Witness;
  readonly #network: Network;
  readonly #server: Server;
  readonly #replicas: Replicas;
  readonly #coordinators: Coordinator[] = [];
  readonly #clients: Clients;
  readonly #faults: Faults;
  readonly #watches = new WeakMap<LiveOwner, [OrderWatch, SuspensionWatch]>();
  readonly #world: CoordinatorWorld;
  readonly #jobs: number;
  readonly #trace: ((line: string) => void) | undefined;
  /** With jobs in flight. */
  readonly #changes = { revise: 0, suspend: 0, resume: 0, retire: 0 };
  #steps = 0;
  #coordinatorCount = 0;
  #truncatedAt = Infinity;

  constructor({ seed, mutations = {}, trace }: SimulationOptions) {
    const random = new Random(seed);
    this.#random = random;
    this.#pipeline = drawPipeline(random);
    const planned = this.#drawJobs();
    this.#jobs = planned.length;
    this.#weather = drawWeather(random, Math.max(...planned.map(({ atMs }) => atMs)));
    const jobs = planned.map((job) => ({ ...job, isStored: random.chance(this.#weather.stored) }));
    const [clock, weather, ledger] = [this.#clock, this.#weather, this.#ledger];
    const { revisions } = this.#pipeline;
    const changes = drawChanges(random, revisions.length, weather.untilMs);
    const bucket = new Bucket({
      clock,
      revisions,
      changes,
      changed: (change) => {
        this.#changed(change);
      },
    });
    this.#bucket = bucket;
    this.#witness = new Witness(ledger, this.#tokens, bucket);
    const witness = this.#witness;
    this.#network = new Network(clock, random, weather);
    this.#trace = trace;
    if (trace !== undefined) this.#listen(trace);
    this.#server = new Server({
      clock,
      random,
      weather,
      isFenced: mutations.fence !== true,
      onJournalled: (sequence, frame, askedAt) => {
        this.#journalled(sequence, frame, askedAt);
      },
    });
    this.#world = this.#makeWorld(mutations);
    this.#replicas = new Replicas({
      clock,
      random,
      weather,
      network: this.#network,
      pipeline: this.#pipeline,
      tokens: this.#tokens,
      witness,
      wall: this.#wall,
      publish: (batch) => {
        this.#trace?.(
          `up ${batch.from.instance} ${JSON.stringify(batch.messages.map((message) => ("lease" in message ? [message.type, message.job, message.lease, "module" in message ? message.module : ""] : message)))}`,
        );
        for (const [index] of this.#coordinators.entries())
          this.#toCoordinator(index, (coordinator) => {
            this.#hear(coordinator, batch);
          });
      },
    });
    for (let index = random.int(1, 3); index > 0; index--) this.#coordinators.push(this.#makeCoordinator());
    this.#clients = new Clients(
      {
        process: new Process(clock),
        random,
        weather,
        ledger,
        tokens: this.#tokens,
        witness,
        ask: (request) => {
          for (const [index] of this.#coordinators.entries())
            this.#toCoordinator(index, (coordinator) => {
              coordinator.knock(request);
            });
        },
      },
      jobs,
    );
    this.#faults = new Faults({
      clock,
      random,
      weather,
      server: this.#server,
      replicas: this.#replicas,
      coordinators: this.#coordinators,
      restart: (index) => {
        this.#coordinators[index] = this.#makeCoordinator();
      },
    });
    const watch = new JournalWatch({
      ledger,
      witness,
      bucket,
      clock,
      replicas: this.#replicas,
      records: this.#server.records,
      wallStart: WALL_START,
    });
    ledger.onCounted = (event) => {
      watch.counted(event);
    };
    planTruncation({
      clock,
      random,
      weather,
      journal: this.#server.journal,
      coordinators: this.#coordinators,
      truncated: (to, known) => {
        this.#truncatedAt = clock.now;
        this.#faults.isOver = true;
        this.#trace?.(`truncated to ${to}, known are ${known}`);
      },
    });
  }

  run(): Outcome {
    const { untilMs } = this.#weather;
    while (this.#isUnderWay()) {
      if (!this.#clock.step()) break;
      this.#steps++;
      if (this.#steps % FULL_AUDIT_STEPS === 0) this.#auditAll();
      if (this.#clock.now > untilMs + LIVENESS_MS) this.#fail();
    }
    if (!this.#isTruncated) this.#auditEnd();
    return {
      groups: this.#pipeline.groups,
      jobs: this.#jobs,
      events: this.#ledger.events,
      steps: this.#steps,
      frames: this.#ledger.frames,
      epochs: this.#ledger.epoch,
      faults: this.#faults.count,
      reruns: this.#ledger.rerun,
      snapshots: this.#ledger.state.snapshot.number % 1_000_000,
      revised: this.#changes.revise,
      suspended: this.#changes.suspend,
      ...retiredIn(this.#ledger),
      virtualMs: this.#clock.now,
      isTruncated: this.#isTruncated,
    };
  }

  readonly #wall = (): number => WALL_START + this.#clock.now;

  get #isTruncated(): boolean {
    return this.#truncatedAt !== Infinity;
  }

  #drawJobs(): Omit<PlannedJob, "isStored">[] {
    const random = this.#random;
    const { groups, hasAggregates } = this.#pipeline;
    const count = groups >= 4 || random.chance(0.5) ? random.int(100, 140) : random.int(5, 99);
    const withinMs = random.between(500, 8_000);
    return Array.from({ length: count }, (_, index) => ({
      id: `j${index}`,
      phase: hasAggregates && random.chance(0.05) ? ("process" as const) : ("run" as const),
      atMs: random.chance(0.3) ? 300 : random.between(0, withinMs),
    }));
  }

  #makeWorld({ acknowledgesEarly = false }: Mutations): CoordinatorWorld {
    const random = this.#random;
    const parts = random.chance(0.3) ? { partBytes: random.int(4, 40) } : {};
    return {
      server: this.#server,
      random,
      wall: this.#wall,
      guidance: () => this.#bucket.guidance,
      purgeBlob: (id) => {
        this.#tokens.purge(id);
      },
      snapshotFrames: random.int(10, 200),
      settings: { pageJobs: random.int(4, 64), pageMs: random.int(50, 1_500), waitMs: 6_000, ...parts },
      acknowledgesEarly,
      meant: (lease, instance) => {
        this.#witness.meant(lease, instance);
      },
      say: (group, replica, batch) => {
        this.#trace?.(
          `down ${replica} ${batch.epoch} ${JSON.stringify(batch.messages.map((message) => (message.type === "run" ? [message.type, message.job, message.lease] : message)))}`,
        );
        const parts = new Parts();
        for (const message of batch.messages)
          if (message.type === "results") parts.add(message);
          else if (message.type === "run") this.#witness.said(parts.take(message).run, group, batch.epoch);
        this.#replicas.say(group, replica, batch);
      },
      answer: (to, reply, epoch) => {
        if (this.#isTruncated) return;
        this.#witness.replied(to, reply, epoch);
        const heard = heardOf(reply);
        this.#network.send(() => {
          this.#clients.hear(to, heard);
        });
      },
      stepped: (live) => {
        this.#stepped(live);
      },
      replayed: (replayed) => {
        this.#checkReplayed(replayed);
      },
    };
  }

  #changed({ kind }: Change): void {
    this.#trace?.(`${kind}: ${this.#bucket.guidance.current.id} ${JSON.stringify(this.#bucket.guidance.control)}`);
    if (this.#ledger.state.openJobs > 0) this.#changes[kind]++;
    if (kind === "revise") this.#replicas.provide(this.#bucket.guidance.current);
    if (kind === "retire") this.#replicas.retire((hash) => this.#bucket.isRetired(hash));
  }

  #makeCoordinator(): Coordinator {
    return new Coordinator(new Process(this.#clock), this.#world, `coordinator-${this.#coordinatorCount++}`);
  }

  #hear(coordinator: Coordinator, batch: UpBatch): void {
    coordinator.hear(batch);
    const { live } = coordinator;
    if (live?.isOpen === true && batch.messages.some(({ type }) => type === "beat"))
      this.#witness.beatHeard(live.owner.epoch, batch.from.instance, this.#clock.now);
  }

  #toCoordinator(index: number, act: (coordinator: Coordinator) => void): void {
    const coordinator = this.#coordinators[index];
    if (coordinator === undefined) return;
    this.#network.send(() => {
      coordinator.process.deliver(() => {
        act(coordinator);
      });
    });
  }

  #isUnderWay(): boolean {
    if (this.#isTruncated) return this.#coordinators.some(({ phase }) => phase !== "stalled");
    if (this.#clients.open > 0 || this.#clock.now < this.#weather.untilMs || !this.#replicas.areIdle) return true;
    const { state } = this.#ledger;
    return (
      state.jobs.size > 0 ||
      !this.#coordinators.some(
        ({ live }) =>
          live !== undefined &&
          live.writer.sequence === this.#ledger.sequence &&
          live.owner.waiters.size === 0 &&
          live.owner.executions.size === 0,
      )
    );
  }

  // --------------------------------------------------------------------------------------------------------------- the checks

  #journalled(sequence: number, frame: Uint8Array, askedAt: number): void {
    if (!this.#isTruncated) this.#ledger.journalled(sequence, frame);
    // What was under way when the journal lost its end may still arrive.
    else if (askedAt > this.#truncatedAt)
      throw new Violation("E10", `frame ${sequence} was appended to a journal that had lost its end`);
  }

  #stepped(live: LiveOwner): void {
    let watches = this.#watches.get(live);
    if (watches === undefined) this.#watches.set(live, (watches = [new OrderWatch(), new SuspensionWatch()]));
    for (const watch of watches) watch.stepped(live.owner);
  }

  #auditAll(): void {
    auditBytes(this.#ledger.state);
    for (const { live } of this.#coordinators) {
      if (live?.isOpen !== true) continue;
      auditOwner(live.owner);
      if (live.writer.sequence === this.#ledger.sequence && live.owner.epoch === this.#ledger.epoch)
        this.#compare(live.owner.state, "the owner's state");
    }
  }

  #checkReplayed(replayed: Replayed): void {
    if (replayed.sequence === this.#ledger.sequence && !this.#isTruncated)
      this.#compare(replayed.state, "the state from snapshot and tail");
  }

  #compare(state: Replayed["state"], what: string): void {
    const found = difference(state, this.#ledger.state);
    if (found !== undefined) throw new Violation("fold", `${what} is not the fold of the journal: ${found}`);
  }

  #auditEnd(): void {
    this.#auditAll();
    for (const known of this.#ledger.jobs.values())
      if (known.life.end === undefined) throw new Violation("E6", `${known.id} never ended`);
    for (const { live } of this.#coordinators)
      if (live?.isOpen === true && live.writer.sequence === this.#ledger.sequence) auditIdle(live.owner);
    this.#checkReplayed(replay(this.#server));
  }

  #fail(): never {
    if (this.#isTruncated) throw new Violation("E10", "a coordinator goes on with a journal that lost its end");
    const phases = this.#coordinators.map(({ phase }) => phase).join();
    const open = [...this.#ledger.jobs.values()].filter(({ life }) => life.end === undefined).map(({ id }) => id);
    throw new Violation(
      "liveness",
      `after ${LIVENESS_MS / 1000} s without faults, clients wait for [${[...this.#clients.waiting].join()}], open are [${open.join()}]; coordinators are ${phases}; replicas ${this.#replicas.areIdle ? "idle" : "busy"}`,
    );
  }

  #listen(trace: (line: string) => void): void {
    this.#ledger.onEvent = (event, outcome) => {
      const shown = JSON.stringify(event, (key, value: unknown) =>
        key === "graph" || key === "input" || key === "output" || key === "spans" ? undefined : value,
      );
      trace(`journal ${this.#ledger.sequence} ${outcome.kind} ${shown}`);
    };
  }

  /** For a trace: how late it is. */
  get now(): number {
    return this.#clock.now;
  }
}
