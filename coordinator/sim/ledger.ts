/**
 * Reads the journal as it is written, frame by frame, and holds the engine to its invariants (E1 to E7, aggregates): on one side the fold of all
 * events, on the other an account of its own.
 */
import { modulesInPhase, startCondition, type Graph } from "@troupe/model";
import type {
  DoneEvent,
  EpochEvent,
  FailEvent,
  JournalEvent,
  LeaseEvent,
  RetryEvent,
  SubmitEvent,
} from "../src/core/events.ts";
import { fold, type FoldOutcome } from "../src/core/fold.ts";
import { decodeFrame } from "../src/core/frame-codec.ts";
import { outcomeText } from "../src/core/outcome.ts";
import { emptyState, type JournalState } from "../src/core/state.ts";
import { Items } from "./items.ts";
import { newLife, type KnownJob } from "./known-job.ts";
import { numberOf, type Token, type Tokens } from "./tokens.ts";
import { Violation } from "./violation.ts";

export class Ledger {
  /** The fold of all that was ever journalled. */
  readonly state: JournalState = emptyState();
  readonly jobs = new Map<string, KnownJob>();
  readonly items = new Items();
  epoch = 0;
  /** When it began, Unix milliseconds. */
  epochAt = 0;
  sequence = 0;
  frames = 0;
  events = 0;
  rerun = 0;
  /** `<lease>/<module>` (-1: a failure) of everything that the journal has heard of. */
  readonly heard = new Set<string>();
  readonly #tokens: Tokens;
  onCounted: (event: JournalEvent) => void = () => undefined;
  /** Set to look at every event, for a trace. */
  onEvent: (event: JournalEvent, outcome: FoldOutcome) => void = () => undefined;

  constructor(tokens: Tokens) {
    this.#tokens = tokens;
  }

  journalled(sequence: number, bytes: Uint8Array): void {
    const frame = decodeFrame(bytes);
    if (sequence !== this.sequence + 1) throw new Violation("E8", `frame ${sequence} follows ${this.sequence}`);
    if (frame.number !== this.frames + 1)
      throw new Violation("E8", `frame number ${frame.number} follows ${this.frames}`);
    this.sequence = sequence;
    this.frames = frame.number;
    const [first] = frame.events;
    if (first?.type === "epoch") this.#epochBegins(first);
    if (frame.epoch !== this.epoch)
      throw new Violation("E8", `a frame of epoch ${frame.epoch} was journalled in epoch ${this.epoch}`);
    for (const event of frame.events) this.#event(event);
  }

  get(job: string): KnownJob {
    const known = this.jobs.get(job);
    if (known === undefined) throw new Violation("E1", `job ${job} is not in the journal`);
    return known;
  }

  /** Modules of a group whose results the job still needs. */
  missing({ graph, phase, outputs }: KnownJob, group: Graph["groups"][number]): number[] {
    return modulesInPhase(graph, group, phase).filter(
      (module) => graph.modules[module]?.journalled === true && !outputs.has(module),
    );
  }

  #epochBegins({ epoch, at }: EpochEvent): void {
    this.epochAt = at;
    if (epoch <= this.epoch) throw new Violation("E8", `epoch ${epoch} begins after epoch ${this.epoch}`);
    this.epoch = epoch;
  }

  #event(event: JournalEvent): void {
    const outcome = fold(this.state, event);
    this.events++;
    this.onEvent(event, outcome);
    if (event.type === "done") this.heard.add(`${event.lease}/${event.module}`);
    if (event.type === "fail") this.heard.add(`${event.lease}/-1`);
    if (outcome.kind !== "counted") {
      this.#notCounted(event, outcome);
      return;
    }
    this.#counted(event);
    this.onCounted(event);
    if (outcome.ended !== undefined)
      this.#ended(outcome.ended.id, outcomeText(outcome.ended, false), outcome.ended.end?.state ?? "");
  }

  #counted(event: JournalEvent): void {
    switch (event.type) {
      case "submit":
        this.#submitted(event);
        return;
      case "done":
        this.#done(event);
        return;
      case "fail":
        this.#failed(event);
        return;
      case "lease":
        this.#leased(event);
        return;
      case "retry":
        this.#retried(event);
        return;
      case "forget":
        for (const known of this.jobs.values()) {
          if (known.life.end !== undefined && !this.state.jobs.has(known.id) && !this.state.index.has(known.id))
            known.isForgotten = true;
        }
        return;
      case "epoch":
      case "revision":
      case "cancel":
      case "expire":
      case "page":
      case "release":
      case "snapshot":
        return;
    }
  }

  /** What the fold ignores has to have a reason. */
  #notCounted(event: JournalEvent, outcome: FoldOutcome): void {
    if (event.type === "submit") {
      const known = this.jobs.get(event.job);
      if (known === undefined || known.isForgotten)
        throw new Violation("E1", `the submission of ${event.job} was not taken`);
      if (
        outcome.kind === "duplicate" &&
        outcome.sameInput !== (known.digest === event.digest) &&
        this.state.jobs.has(event.job)
      ) {
        throw new Violation("E1", `${event.job} came again, and its input was not compared`);
      }
    }
    if (event.type === "done") this.#doneIgnored(event);
    if (event.type === "cancel" && this.get(event.job).life.end === undefined)
      throw new Violation("E6", `the cancellation of ${event.job} was ignored`);
  }

  #doneIgnored(event: DoneEvent): void {
    const known = this.get(event.job);
    if (known.life.end !== undefined || known.outputs.has(event.module) || this.#isEarly(known, event.module)) return;
    const lease = known.life.leases.get(groupOf(known, event.module));
    if (lease === event.lease)
      throw new Violation(
        "E3",
        `the result of module ${event.module} of ${event.job} by ${event.lease} was dropped, though its lease holds`,
      );
  }

  /** An earlier result of the block is not there yet; this one is not acknowledged and comes again. */
  #isEarly(known: KnownJob, module: number): boolean {
    const { graph, phase, outputs } = known;
    const order = modulesInPhase(graph, graph.groups[groupOf(known, module)] ?? { modules: [] }, phase);
    return order
      .slice(0, order.indexOf(module))
      .some((before) => graph.modules[before]?.journalled === true && !outputs.has(before));
  }

  #submitted(event: SubmitEvent): void {
    const before = this.jobs.get(event.job);
    if (before !== undefined && !before.isForgotten) throw new Violation("E1", `job ${event.job} was taken twice`);
    const graph = this.#graphOf(event.job, event.revision);
    const life = newLife();
    const { job: id, digest, phase } = event;
    const known: KnownJob = {
      id,
      digest,
      phase,
      graph,
      outputs: new Map(),
      lives: [life],
      life,
      lifeOf: new Map(),
      isForgotten: false,
    };
    this.jobs.set(id, known);
    if (phase === "process") this.items.claim(aggregatesOf(known), id);
  }

  #done(event: DoneEvent): void {
    const { job: id, module, lease } = event;
    const known = this.get(id);
    const { life, outputs } = known;
    const what = `module ${module} of ${id} by ${lease}`;
    const token = numberOf(event.output);
    const made = this.#tokens.get(token);
    if (made?.job !== id || made.module !== module || made.lease !== lease)
      throw new Violation("E2", `${what}: the result is of another`);
    if (life.end !== undefined) throw new Violation("E6", `${what} counted after the job's end`);
    if (outputs.has(module)) throw new Violation("E2", `${what} counted, though a result is there`);
    checkSources(known, made, what);
    checkLease(known, event, what);
    life.leases.set(groupOf(known, module), lease);
    outputs.set(module, token);
    this.#aggregate(known, module, token, made.items);
  }

  #aggregate(known: KnownJob, module: number, token: number, used: readonly number[] | undefined): void {
    const compiled = known.graph.modules[module];
    if (compiled?.aggregate !== true) return;
    if (known.phase === "run") this.items.keep(compiled.name, token);
    else this.items.consume(compiled.name, known.id, used ?? []);
  }

  #failed(event: FailEvent): void {
    const known = this.get(event.job);
    const { life } = known;
    if (life.end !== undefined) throw new Violation("E6", `${event.job} failed after its end`);
    const holder = life.leases.get(event.group);
    if (holder !== undefined && holder !== event.lease)
      throw new Violation("E5", `a failure of ${event.lease} counted, though the lease of ${event.job} is ${holder}`);
    this.rerun++;
    if (event.charged) {
      const charged = (life.charged.get(event.group) ?? 0) + 1;
      life.charged.set(event.group, charged);
      if (charged > known.graph.jobs.maxAttempts)
        throw new Violation("E2", `${event.job} was charged ${charged} attempts in group ${event.group}`);
    } else if (known.graph.jobs.maxAttempts === 1)
      throw new Violation("E2", `${event.job} is tried again, though maxAttempts is 1`);
    life.leases.set(event.group, "");
  }

  #graphOf(job: string, revision: string): Graph {
    const graph = this.state.revisions.get(revision)?.graph;
    if (graph === undefined) throw new Violation("E1", `job ${job} was taken without its revision`);
    return graph;
  }

  #leased({ job, group, lease }: LeaseEvent): void {
    const known = this.get(job);
    if (known.life.end !== undefined) throw new Violation("E6", `${job} was leased after its end`);
    known.life.leases.set(group, lease);
    known.lifeOf.set(lease, known.life);
  }

  #retried({ job, outputs, revision }: RetryEvent): void {
    const known = this.get(job);
    if (known.life.state !== "failed")
      throw new Violation("E6", `${job} was retried, though it is ${known.life.state ?? "open"}`);
    // On another revision it begins anew: what its modules returned may not fit there.
    if (revision !== known.graph.id) {
      known.graph = this.#graphOf(job, revision);
      known.outputs.clear();
    }
    known.life = newLife(known.graph.groups.keys());
    known.lives.push(known.life);
    if (outputs.length !== known.outputs.size)
      throw new Violation("retry", `${job} goes on with ${outputs.length} results of ${known.outputs.size}`);
    for (const { module, output } of outputs) {
      if (known.outputs.get(module) !== numberOf(output))
        throw new Violation("retry", `${job} goes on with another result of module ${module}`);
    }
    if (known.phase === "process") this.items.claim(aggregatesOf(known), job);
  }

  #ended(id: string, text: string, state: string): void {
    const known = this.get(id);
    if (known.life.end !== undefined) throw new Violation("E6", `${id} ended twice`);
    known.life.end = text;
    known.life.state = state;
    this.items.release(id);
    if (state !== "done") return;
    const missing = known.graph.groups.flatMap((group) => this.missing(known, group));
    if (missing.length > 0) throw new Violation("E6", `${id} is done without results of modules ${missing.join()}`);
  }
}

/** E4, E5: the start condition is journalled, and all that the result was computed from is what is journalled. */
function checkSources(known: KnownJob, { module, used }: Token, what: string): void {
  const { graph, phase, outputs } = known;
  const unmet = startCondition(graph, graph.groups[groupOf(known, module)] ?? { modules: [] }, phase).filter(
    (need) => !outputs.has(need),
  );
  if (unmet.length > 0) throw new Violation("E4", `${what} counted before modules ${unmet.join()}`);
  for (const [parent, token] of used) {
    const journalled = outputs.get(parent);
    if (journalled !== token)
      throw new Violation(
        "E5",
        `${what} was computed from ${token} of module ${parent}, but ${journalled ?? "nothing"} is journalled`,
      );
  }
}

function checkLease(known: KnownJob, { module, lease }: DoneEvent, what: string): void {
  const holder = known.life.leases.get(groupOf(known, module));
  if (holder !== undefined && holder !== lease)
    throw new Violation("E5", `${what} counted, though the lease is ${holder === "" ? "nobody's" : holder}`);
}

export function groupOf({ graph }: KnownJob, module: number): number {
  return graph.modules[module]?.group ?? -1;
}

function aggregatesOf({ graph }: KnownJob): string[] {
  return graph.modules.flatMap((module) => (module.aggregate ? [module.name] : []));
}
