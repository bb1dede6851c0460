/**
 * All jobs that a client waits for, over one inbox: the hot path of the client. A job costs one message out and two in, no
 * timer and no subscription of its own.
 *
 *     submission ──► reply on `<inbox>.s.<id>`: journalled, or why not ──► outcome on `<inbox>.o`, whenever it comes
 *
 * Nothing here is lost for good: a submission is sent again with the same id until it is journalled (E1), and outcomes are
 * asked for again every two seconds, so that restarts of coordinator and NATS are only felt as a delay.
 */
import { Fields, type Bus, type BusMessage, type BusSubscription, type Subjects } from "@troupe/protocol";
import { ClientClosedError, JobTimeoutError, NoCoordinatorError } from "./errors.ts";
import {
  acceptedJob,
  BACKOFF_ELSEWHERE_MS,
  BACKOFF_FIRST_MS,
  BACKOFF_LATER_MS,
  backOff,
  hurried,
  RENEW_MS,
  whatIsDue,
  type OpenJob,
  type Waiter,
} from "./open-job.ts";
import { readOutcome, type ArrivedOutcome, type JobOutcome } from "./outcome.ts";
import { Patience } from "./patience.ts";
import { refusalOf } from "./refusal.ts";
import { Silence } from "./silence.ts";

/** How often the open jobs are looked at, at least. */
const TICK_MS = 250;
/** Ids in one `wait`. */
const IDS_PER_WAIT = 1_000;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export interface OutstandingOptions {
  readonly bus: Bus;
  readonly subjects: Subjects;
  /** `namespace/pipeline`, for messages. */
  readonly name: string;
  readonly inbox: string;
  /** How long nobody may answer before all that waits is failed. */
  readonly silenceMs: number;
  /** Ask for timelines with the outcomes. */
  readonly timeline: boolean;
  /** Fetches what was too large to travel in the outcome. */
  readonly complete: (arrived: ArrivedOutcome) => Promise<JobOutcome>;
}

export class Outstanding {
  readonly #options: OutstandingOptions;
  readonly #jobs = new Map<string, OpenJob>();
  readonly #subscription: BusSubscription;
  readonly #offStatus: () => void;
  readonly #silence = new Silence(performance.now());
  readonly #patience = new Patience();
  #timer: NodeJS.Timeout | undefined;
  #timerAt = Number.POSITIVE_INFINITY;
  #closed = false;

  constructor(options: OutstandingOptions) {
    this.#options = options;
    this.#subscription = options.bus.subscribe(`${options.inbox}.>`, (message) => {
      this.#receive(message);
    });
    this.#offStatus = options.bus.onStatus((status) => {
      if (status === "connected") this.#sayAgain();
    });
  }

  get outcomeSubject(): string {
    return `${this.#options.inbox}.o`;
  }

  /** Starts to wait for `job`; sends its submission when it has one. */
  open(job: OpenJob): void {
    if (this.#closed) throw new ClientClosedError(`the client of pipeline ${this.#options.name} is closed`);
    if (this.#jobs.size === 0) {
      this.#silence.measure(performance.now(), 0);
      this.#silence.end();
    }
    this.#jobs.set(job.id, job);
    if (job.submission === undefined) this.#arm(job.nextAt);
    else this.#send(job);
    this.#arm(Math.min(job.deadlineAt, performance.now() + TICK_MS));
  }

  has(id: string): boolean {
    return this.#jobs.has(id);
  }

  /** Waits for a job that is in the journal already. */
  attach(id: string, waiter: Waiter): void {
    const open = this.#jobs.get(id);
    if (open !== undefined) open.waiters.push(waiter);
    else this.open(acceptedJob(id, waiter));
  }

  /** Asks for the job to be cancelled, again and again until it has ended one way or the other. */
  cancel(id: string): void {
    const job = this.#jobs.get(id);
    if (job === undefined) return;
    job.cancelling = true;
    if (job.submission === undefined) {
      this.#sendCancel(id);
      return;
    }
    // What is not journalled yet cannot be cancelled: the reply to the submission brings us back here.
    job.submission = hurried(job.submission);
    this.#send(job);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#offStatus();
    this.#subscription.unsubscribe();
    this.#failAll(
      new ClientClosedError(`the client of pipeline ${this.#options.name} was closed while the job was open`),
    );
  }

  #send(job: OpenJob): void {
    const { submission } = job;
    if (submission === undefined) return;
    job.sentAt = performance.now();
    job.nextAt = job.sentAt + this.#patience.resendMs;
    const { bus, subjects, inbox } = this.#options;
    bus.publish(subjects.door(submission.operation), submission.body, {
      reply: `${inbox}.s.${job.id}`,
      headers: submission.headers,
    });
  }

  #sendCancel(id: string): void {
    const { bus, subjects, inbox } = this.#options;
    bus.publish(subjects.door("cancel"), encoder.encode(JSON.stringify({ id })), { reply: `${inbox}.c` });
  }

  // ------------------------------------------------------------------------------------------------ what arrives

  #receive(message: BusMessage): void {
    if (message.status === 503) {
      this.#nobodyListens(message);
      return;
    }
    const token = message.subject.slice(this.#options.inbox.length + 1);
    try {
      const reply = new Fields(JSON.parse(decoder.decode(message.data)), "reply");
      if (token.startsWith("s.")) this.#submissionReply(token.slice(2), reply);
      else if (token === "c") this.#cancelReply(reply);
      else this.#outcomeReply(reply);
    } catch (error) {
      // Not what a coordinator of this protocol says. Asking again is all that can be done.
      this.#silence.because(`an answer could not be read (${error instanceof Error ? error.message : String(error)})`);
    }
  }

  #nobodyListens(message: BusMessage): void {
    this.#silence.because("no coordinator listens there");
    const token = message.subject.slice(this.#options.inbox.length + 1);
    const job = token.startsWith("s.") ? this.#jobs.get(token.slice(2)) : undefined;
    if (job?.submission !== undefined) this.#sayLater(job, 0, BACKOFF_ELSEWHERE_MS);
  }

  #submissionReply(id: string, reply: Fields): void {
    const job = this.#jobs.get(id);
    if (job?.submission === undefined) return; // it was journalled by an earlier sending
    if (!reply.has("error")) {
      this.#silence.end();
      this.#patience.answered(performance.now() - job.sentAt);
      job.submission = undefined;
      job.backoffMs = BACKOFF_FIRST_MS;
      job.nextAt = performance.now() + RENEW_MS;
      const revision = reply.string("revision");
      for (const waiter of job.waiters) waiter.accepted(revision);
      if (job.cancelling) this.#sendCancel(id);
      return;
    }
    const refusal = refusalOf(reply);
    if (refusal.kind === "unconfirmed") this.#silence.because(refusal.error.message);
    else this.#silence.end();
    if (refusal.kind === "final") this.#fail(job, refusal.error);
    else this.#sayLater(job, refusal.afterMs, BACKOFF_LATER_MS);
  }

  #outcomeReply(reply: Fields): void {
    if (!reply.has("id")) {
      if (reply.has("error")) this.#silence.because(refusalOf(reply).error.message);
      return;
    }
    this.#silence.end();
    const id = reply.string("id");
    const job = this.#jobs.get(id);
    if (job === undefined || job.arriving) return;
    if (!reply.has("state")) {
      this.#unknown(job, reply);
      return;
    }
    const arrived = readOutcome(id, reply);
    if (arrived === null) return;
    if (arrived.stored.length === 0) this.#end(job, arrived.outcome);
    else void this.#complete(job, arrived);
  }

  /** Says which state won, and not with what: that is asked for. */
  #cancelReply(reply: Fields): void {
    if (!reply.has("id") || !reply.has("state")) return;
    this.#silence.end();
    const id = reply.string("id");
    if (this.#jobs.has(id)) this.#askResult(id);
  }

  #askResult(id: string): void {
    const { bus, subjects } = this.#options;
    bus.publish(subjects.door("result"), encoder.encode(JSON.stringify({ id })), { reply: this.outcomeSubject });
  }

  /** The owner does not know the job. Of one that is not journalled yet, it may not have heard. */
  #unknown(job: OpenJob, reply: Fields): void {
    if (job.submission !== undefined || !reply.has("error")) return;
    const refusal = refusalOf(reply);
    if (refusal.kind === "final") this.#fail(job, refusal.error);
  }

  async #complete(job: OpenJob, arrived: ArrivedOutcome): Promise<void> {
    job.arriving = true;
    try {
      this.#end(job, await this.#options.complete(arrived));
    } catch (error) {
      this.#fail(job, error instanceof Error ? error : new Error(String(error)));
    }
  }

  #end(job: OpenJob, outcome: JobOutcome): void {
    if (!this.#jobs.delete(job.id)) return;
    for (const waiter of job.waiters) waiter.ended(outcome);
  }

  #fail(job: OpenJob, error: Error): void {
    if (!this.#jobs.delete(job.id)) return;
    for (const waiter of job.waiters) waiter.failed(error);
  }

  #failAll(error: Error): void {
    for (const job of [...this.#jobs.values()]) this.#fail(job, error);
  }

  // ------------------------------------------------------------------------------------------------ the clock

  #sayLater(job: OpenJob, atLeastMs: number, atMostMs: number): void {
    backOff(job, performance.now(), { atLeastMs, atMostMs });
    this.#arm(job.nextAt);
  }

  /** Everything was possibly lost while the connection was away. */
  #sayAgain(): void {
    for (const job of this.#jobs.values()) job.nextAt = 0;
    if (this.#jobs.size > 0) this.#arm(0);
  }

  #arm(at: number): void {
    if (this.#closed || at >= this.#timerAt) return;
    clearTimeout(this.#timer);
    this.#timerAt = at;
    this.#timer = setTimeout(
      () => {
        this.#timerAt = Number.POSITIVE_INFINITY;
        this.#tick();
      },
      Math.max(0, at - performance.now()),
    );
  }

  #tick(): void {
    const now = performance.now();
    if (this.#jobs.size === 0) return;
    if (this.#silence.measure(now, 2 * TICK_MS) > this.#options.silenceMs) {
      this.#failAll(this.#noCoordinator());
      return;
    }
    const due = whatIsDue(this.#jobs.values(), now);
    for (const job of due.expired) this.#expire(job);
    if (this.#options.bus.status === "connected") {
      for (const job of due.send) this.#send(job);
      this.#renew(due.renew, now);
    }
    if (this.#jobs.size > 0) this.#arm(Math.min(due.nextAt, now + TICK_MS));
  }

  #renew(jobs: readonly OpenJob[], now: number): void {
    const { bus, subjects, timeline } = this.#options;
    for (let from = 0; from < jobs.length; from += IDS_PER_WAIT) {
      const ids = jobs.slice(from, from + IDS_PER_WAIT).map(({ id }) => id);
      const body = encoder.encode(JSON.stringify(timeline ? { ids, timeline } : { ids }));
      bus.publish(subjects.door("wait"), body, { reply: this.outcomeSubject });
    }
    for (const job of jobs) {
      job.nextAt = now + RENEW_MS;
      if (job.cancelling) this.#sendCancel(job.id);
    }
    // `wait` is silent while jobs run: this one is answered at once, and shows that somebody is there.
    const [first] = jobs;
    if (first !== undefined) this.#askResult(first.id);
  }

  #expire(job: OpenJob): void {
    const where = job.submission === undefined ? "it is still open" : "the coordinator has not accepted it";
    if (job.submission === undefined || this.#options.bus.status === "connected") this.#sendCancel(job.id);
    this.#fail(
      job,
      new JobTimeoutError(
        job.id,
        `job ${job.id} of pipeline ${this.#options.name} did not end in time: ${where}. It was told to stop`,
      ),
    );
  }

  #noCoordinator(): NoCoordinatorError {
    const { bus, name, silenceMs } = this.#options;
    const [first] = this.#jobs.keys();
    const why = bus.status === "connected" ? this.#silence.why : "the connection to NATS is down";
    return new NoCoordinatorError(
      `no coordinator of pipeline ${name} has answered for ${Math.round(silenceMs / 1000)} s: ${why}. ` +
        `${this.#jobs.size} jobs wait (the first is ${first ?? "gone"}). ` +
        "Check that a coordinator of this namespace and pipeline runs on this NATS server",
    );
  }
}
