/**
 * Clients at the door: they submit until they are heard, wait for the outcome, send the same again, send another input under the same id, cancel,
 * and retry what failed.
 */
import type { Payload, Phase } from "@troupe/protocol";
import type { DoorRequest } from "../src/core/door.ts";
import type { Reply } from "../src/core/owner.ts";
import { outcomeText } from "../src/core/outcome.ts";
import { isRetired } from "./known-job.ts";
import type { Ledger } from "./ledger.ts";
import { Mailbox, type Process, type Task } from "./process.ts";
import type { Random } from "./random.ts";
import { inlineOf, type Tokens } from "./tokens.ts";
import { Violation } from "./violation.ts";
import type { Weather } from "./weather.ts";
import type { Witness } from "./witness.ts";

const ANSWER_MS = 1_200;
const WAIT_MS = 4_000;
const MOST_REVIVALS = 5;
/** Records that expire while a simulation runs. */
const SHORT_KEEP_MS = 60_000;
/** How often a client that comes back looks whether the record is gone, at most. */
const RETURN_STEPS = 500;

export interface ClientsWorld {
  readonly process: Process;
  readonly random: Random;
  readonly weather: Weather;
  readonly ledger: Ledger;
  readonly tokens: Tokens;
  readonly witness: Witness;
  /** Sends a request to whoever listens. */
  readonly ask: (request: DoorRequest) => void;
}

export interface PlannedJob {
  readonly id: string;
  readonly phase: Phase;
  readonly atMs: number;
  /** Whether its input is too large for a message. */
  readonly isStored: boolean;
}

/** What a client hears, already as it stands in the message. */
type Heard = { readonly reply: Reply; readonly text: string };

export class Clients {
  readonly #world: ClientsWorld;
  readonly #inboxes = new Map<string, Mailbox<Heard>>();
  #inboxCount = 0;
  open = 0;
  readonly waiting = new Set<string>();
  accepted = 0;
  expired = 0;

  constructor(world: ClientsWorld, jobs: readonly PlannedJob[]) {
    this.#world = world;
    for (const job of jobs) {
      this.open++;
      this.waiting.add(job.id);
      world.process.spawn(this.#follow(job));
    }
  }

  /** A reply has arrived. */
  hear(to: string, heard: Heard): void {
    this.#inboxes.get(to)?.put(heard);
  }

  #inbox(digest: string): [string, Mailbox<Heard>] {
    const to = `inbox.${this.#inboxCount++}`;
    const mailbox = new Mailbox<Heard>();
    this.#inboxes.set(to, mailbox);
    this.#world.witness.asked(to, digest);
    return [to, mailbox];
  }

  *#follow(job: PlannedJob): Task {
    const { random } = this.#world;
    const digest = `digest of ${job.id}`;
    yield job.atMs;
    const [waitTo, outcomes] = this.#inbox(digest);
    const hasListener = random.chance(0.4);
    if (!(yield* this.#submit(job, digest, hasListener ? waitTo : ""))) {
      this.#end(job);
      return;
    }
    this.accepted++;
    this.#meddle(job, digest);
    if (hasListener && random.chance(0.7)) yield* outcomes.receive(WAIT_MS);
    let revivals = MOST_REVIVALS;
    for (let retries = random.chance(0.4) ? random.int(1, 3) : 0; ; retries--) {
      const end = yield* this.#waitForEnd(job);
      // Whose replicas were retired goes on with the current ones.
      const isRevived = isRetired(this.#world.ledger.get(job.id).life) && revivals-- > 0;
      if (end !== "failed" || (retries <= 0 && !isRevived)) break;
      yield* this.#retry(job);
    }
    this.#end(job);
  }

  /** What others, or an impatient client, do about a job meanwhile. */
  #meddle(job: PlannedJob, digest: string): void {
    const { process, random } = this.#world;
    if (random.chance(0.05)) process.spawn(this.#again(job, digest));
    if (random.chance(0.05)) process.spawn(this.#otherInput(job));
    if (random.chance(0.06)) process.spawn(this.#cancel(job));
    if (job.isStored && this.#keepMs(job) < SHORT_KEEP_MS && random.chance(0.3))
      process.spawn(this.#return(job, digest));
  }

  *#waitForEnd(job: PlannedJob): Task<string> {
    for (;;) {
      const end = yield* this.#wait(job);
      if (end !== undefined) return end;
    }
  }

  #end(job: PlannedJob): void {
    this.open--;
    this.waiting.delete(job.id);
  }

  /** @returns whether the job is accepted; not, when its record was forgotten meanwhile. */
  *#submit(
    { id, phase, isStored }: PlannedJob,
    digest: string,
    wait: string,
    input: Payload = isStored ? this.#world.tokens.storeInput(id) : inlineOf(id),
  ): Task<boolean> {
    const { ledger, ask, random } = this.#world;
    const late = wait !== "" && random.chance(0.5);
    for (;;) {
      const [to, mailbox] = this.#inbox(digest);
      ask({ operation: "submit", id, phase, input, digest, reply: to, wait, timeline: false, late });
      const heard = yield* mailbox.receive(ANSWER_MS);
      this.#inboxes.delete(to);
      if (heard?.reply.kind === "accepted") return true;
      if (ledger.jobs.get(id)?.isForgotten === true) return false;
      if (heard?.reply.kind === "refused") yield heard.reply.retryAfterMs ?? 500;
    }
  }

  /** @returns how the job's present life ended; undefined: it has not, as far as was heard. */
  *#wait({ id }: PlannedJob): Task<string | undefined> {
    const { ledger, ask, random } = this.#world;
    const [to, mailbox] = this.#inbox("");
    if (random.chance(0.05))
      ask({ operation: random.pick(["status", "timeline", "result"] as const), id, reply: this.#inbox("")[0] });
    ask({ operation: "wait", ids: [id], reply: to, timeline: false, sayPending: true });
    const heard = yield* mailbox.receive(WAIT_MS);
    this.#inboxes.delete(to);
    const known = ledger.get(id);
    if (known.isForgotten) {
      this.expired++;
      return "expired";
    }
    if (heard?.reply.kind === "refused") yield 500;
    return heard?.reply.kind === "outcome" && heard.text === known.life.end ? known.life.state : undefined;
  }

  *#again(job: PlannedJob, digest: string): Task {
    yield this.#world.random.between(1, 4_000);
    yield* this.#submit(job, digest, "");
  }

  #keepMs({ id }: PlannedJob): number {
    return this.#world.ledger.get(id).graph.jobs.keepResultsMs;
  }

  /** Stores the input again while the job is known, and submits it at about the time at which its record expires. */
  *#return(job: PlannedJob, digest: string): Task {
    const { ledger, random, tokens } = this.#world;
    this.open++;
    yield random.between(1, 1_000);
    const input = tokens.storeInput(job.id);
    for (let step = 0; step < RETURN_STEPS && !ledger.get(job.id).isForgotten; step++) yield random.between(1, 100);
    if (ledger.get(job.id).isForgotten) yield* this.#submit(job, digest, "", input);
    this.open--;
  }

  *#otherInput({ id, phase }: PlannedJob): Task {
    const { ledger, ask, random } = this.#world;
    yield random.between(1, 4_000);
    for (let tries = 0; tries < 3; tries++) {
      if (ledger.get(id).isForgotten) return;
      const [to, mailbox] = this.#inbox("another");
      ask({
        operation: "submit",
        id,
        phase,
        input: inlineOf("another"),
        digest: "another",
        reply: to,
        wait: "",
        timeline: false,
      });
      const heard = yield* mailbox.receive(ANSWER_MS);
      this.#inboxes.delete(to);
      if (heard !== undefined) return;
    }
  }

  *#cancel({ id }: PlannedJob): Task {
    const { random, ledger, ask } = this.#world;
    yield random.between(1, 600);
    for (;;) {
      const [to, mailbox] = this.#inbox("");
      ask({ operation: "cancel", id, reply: to, reason: "enough" });
      const heard = yield* mailbox.receive(ANSWER_MS);
      this.#inboxes.delete(to);
      if (heard === undefined) continue;
      const known = ledger.get(id);
      if (heard.reply.kind === "state" && heard.reply.state === "running" && known.lives.length === 1)
        throw new Violation("E6", `${id} is said to run on after it was cancelled`);
      return;
    }
  }

  *#retry({ id }: PlannedJob): Task {
    const { ask, ledger, random } = this.#world;
    const lives = ledger.get(id).lives.length;
    for (;;) {
      const [to, mailbox] = this.#inbox("");
      ask({ operation: "retry", id, reply: to });
      if (random.chance(0.3)) ask({ operation: "retry", id, reply: this.#inbox("")[0] });
      const heard = yield* mailbox.receive(ANSWER_MS);
      this.#inboxes.delete(to);
      if (heard !== undefined || ledger.get(id).lives.length > lives || ledger.get(id).isForgotten) return;
    }
  }
}

/** A reply as it is at the moment in which it is said: the job that it speaks of lives on. */
export function heardOf(reply: Reply): Heard {
  return { reply, text: reply.kind === "outcome" ? outcomeText(reply.job, false) : "" };
}
