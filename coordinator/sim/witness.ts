/** Watches what is said and done between the parties, and holds it against the journal. */
import { startCondition } from "@troupe/model";
import type { Done, Fail, Lease, Run } from "@troupe/protocol";
import type { Reply } from "../src/core/owner.ts";
import type { FailEvent } from "../src/core/events.ts";
import type { Job } from "../src/core/job.ts";
import { exposedModules, outcomeText, spansOf, statusText } from "../src/core/outcome.ts";
import type { Bucket } from "./guidance.ts";
import type { KnownJob } from "./known-job.ts";
import type { Ledger } from "./ledger.ts";
import { numberOf, type Tokens } from "./tokens.ts";
import { Violation } from "./violation.ts";

/** As late as a message can be. */
const LATE_MS = 5_000;
/** Less than a lease. */
const SILENCE_MS = 1_500;

export class Witness {
  readonly #ledger: Ledger;
  readonly #bucket: Bucket;
  /** Digests by the subject that the answer goes to. */
  readonly #asked = new Map<string, string>();

  /** A job that was submitted anew when its record had expired is another. */
  readonly #accepts = new Set<KnownJob>();
  /** Which instance received a `run`, by lease. */
  readonly #holders = new Map<Lease, string>();
  /** Which instance it was meant for. */
  readonly #recipients = new Map<Lease, string>();
  /** When an owner heard beats, by `<epoch>/<instance>`. */
  readonly #beats = new Map<string, number[]>();
  readonly #tokens: Tokens;

  constructor(ledger: Ledger, tokens: Tokens, bucket: Bucket) {
    this.#ledger = ledger;
    this.#bucket = bucket;
    this.#tokens = tokens;
  }

  meant(lease: Lease, instance: string): void {
    this.#recipients.set(lease, instance);
  }

  received(lease: Lease, instance: string): void {
    this.#holders.set(lease, instance);
  }

  beatHeard(epoch: number, instance: string, at: number): void {
    const key = `${epoch}/${instance}`;
    const beats = this.#beats.get(key);
    if (beats === undefined) this.#beats.set(key, [at]);
    else beats.push(at);
  }

  /** A replica begins with a block: what it was given can be read. */
  worksOn({ job, lease, input, results }: Run): void {
    if (this.#ledger.get(job).life.end !== undefined) return;
    for (const payload of [input, ...results.map(({ output }) => output)])
      this.#tokens.read(payload, `${lease} of ${job}`);
  }

  /** Whose execution is charged must have been gone or silent (E9). */
  blamed(event: FailEvent, now: number, living: (instance: string) => boolean): void {
    const { lease, charged, failure } = event;
    if (!charged || failure.code !== "ReplicaLost" || failure.kind === "terminal") return;
    const holder = this.#holderOf(lease);
    const heardAt = this.#beats.get(`${this.#ledger.epoch}/${holder}`)?.findLast((at) => at <= now);
    if (heardAt === undefined || !living(holder)) return;
    // A beat that is older than the owner may be of an instance that it never knew.
    if (failure.message.includes("replaced") && event.at - this.#ledger.epochAt < LATE_MS) return;
    const silentMs = now - heardAt;
    if (silentMs < SILENCE_MS)
      throw new Violation(
        "E9",
        `${lease} of ${event.job} is charged with the loss of ${holder}, which lives and was heard ${Math.round(silentMs)} ms ago: ${failure.message}`,
      );
  }

  /** The instance that received a `run`, if it was the one that it was meant for. */
  #holderOf(lease: Lease): string {
    const holder = this.#holders.get(lease) ?? "";
    return this.#recipients.get(lease) === holder ? holder : "";
  }

  asked(to: string, digest: string): void {
    this.#asked.set(to, digest);
  }

  /** An owner says something to a client (E1, E6). */
  replied(to: string, reply: Reply, epoch: number): void {
    switch (reply.kind) {
      case "accepted":
        this.#accepted(to, reply);
        return;
      case "outcome":
        this.#told(reply.job);
        return;
      case "state":
        if (reply.state !== "running" && !this.#ledger.get(reply.id).lives.some(({ state }) => state === reply.state)) {
          throw new Violation("E6", `${reply.id} is said to be ${reply.state}, which the journal does not say`);
        }
        return;
      case "refused":
        this.#refused(to, reply, epoch);
        return;
      case "status":
        statusText(reply.job);
        return;
      case "timeline":
        spansOf(reply.job);
        return;
      case "pending":
        return;
    }
  }

  #told(job: Job): void {
    const text = outcomeText(job, false);
    const known = this.#ledger.get(job.id);
    if (!known.lives.some(({ end }) => end === text))
      throw new Violation(
        "E6",
        `the outcome of ${job.id} is told as ${text}, but the journal says ${known.life.end ?? "that it is open"}`,
      );
    if (job.end?.state !== "done" || known.isForgotten) return;
    for (const module of exposedModules(job)) {
      const output = job.outputs[module];
      if (output !== undefined) this.#tokens.read(output, `the result of ${job.id}`);
    }
  }

  #accepted(to: string, { id, revision }: Extract<Reply, { kind: "accepted" }>): void {
    const known = this.#ledger.jobs.get(id);
    if (known === undefined) throw new Violation("E1", `${id} was accepted before it was journalled`);
    const digest = this.#asked.get(to);
    if (digest !== undefined && digest !== known.digest)
      throw new Violation("E1", `${id} was accepted with an input that is not its own`);
    if (revision !== known.graph.id && known.lives.length === 1)
      throw new Violation(
        "revisions",
        `${id} was accepted for ${revision}, but it is journalled for ${known.graph.id}`,
      );
    this.#accepts.add(known);
  }

  #refused(to: string, { id, code }: Extract<Reply, { kind: "refused" }>, epoch: number): void {
    if (code === "Suspended" && !this.#bucket.wasSuspended)
      throw new Violation("suspend", `${id ?? "a job"} was refused, though the pipeline never was suspended`);
    if (id === undefined || epoch < this.#ledger.epoch) return;
    const known = this.#ledger.jobs.get(id);
    if (code === "JobNotFound" && known?.isForgotten === false && this.#accepts.has(known))
      throw new Violation("E6", `${id}, which was accepted, is said to be unknown`);
    if (code === "JobConflict" && known?.digest === this.#asked.get(to))
      throw new Violation("E1", `${id} was refused as a conflict with itself`);
  }

  /** An owner says `run` (E1, E4, E5). */
  said(run: Run, groupName: string, epoch: number): void {
    const known = this.#ledger.get(run.job);
    const isFormer = epoch < this.#ledger.epoch;
    // A former owner that has not heard of the job's retry on another revision; no replica heeds it any more (E8).
    if (isFormer && run.revision !== known.graph.id) return;
    const group = known.graph.groups.findIndex(({ name }) => name === groupName);
    checkResults(run, known, group);
    if (run.attempt > known.graph.jobs.maxAttempts)
      throw new Violation("E2", `${run.job} is tried the ${run.attempt}. time`);
    if (isFormer || known.life.end !== undefined) return;
    if (run.revision !== known.graph.id)
      throw new Violation(
        "revisions",
        `${run.job} is of ${known.graph.id}, and was dispatched as one of ${run.revision}`,
      );
    const said = known.life.said.get(group) ?? new Set<Lease>();
    known.life.said.set(group, said);
    said.add(run.lease);
    const needsLease = said.size > 1 || known.graph.jobs.maxAttempts === 1;
    if (needsLease && !known.lifeOf.has(run.lease))
      throw new Violation("E5", `${run.lease} of ${run.job} was dispatched again before its lease was journalled`);
  }

  /** A module is started by a replica (E2). */
  started(job: string, module: number, lease: Lease): void {
    const known = this.#ledger.get(job);
    if (known.graph.jobs.maxAttempts > 1) return;
    const life = known.lifeOf.get(lease);
    if (life === undefined)
      throw new Violation(
        "E2",
        `module ${module} of ${job} was started under ${lease}, which is not journalled, though maxAttempts is 1`,
      );
    if (life.started.has(module))
      throw new Violation("E2", `module ${module} of ${job} was started twice, though maxAttempts is 1`);
    life.started.add(module);
  }

  /** A replica forgets a result or a failure, because the owner said so (E3). */
  forgotten(kept: Done | Fail, group: number): void {
    const { job, lease } = kept;
    const module = kept.type === "done" ? kept.module : -1;
    const known = this.#ledger.jobs.get(job);
    if (known === undefined || known.life.end !== undefined || known.outputs.has(module)) return;
    // Another execution has the block, or the job was retried since: this one's result is of no use.
    if ((known.life.leases.get(group) ?? lease) !== lease) return;
    if (!this.#ledger.heard.has(`${lease}/${module}`))
      throw new Violation("E3", `${lease} of ${job} was told to forget module ${module}, which is not journalled`);
  }
}

/** What a `run` brings is what is journalled, and all of its start condition is there. */
function checkResults(run: Run, { graph, outputs }: KnownJob, group: number): void {
  const results = new Map(run.results.map(({ module, output }) => [module, numberOf(output)]));
  for (const need of startCondition(graph, graph.groups[group] ?? { modules: [] }, run.phase)) {
    if (!results.has(need))
      throw new Violation("E4", `${run.lease} of ${run.job} was dispatched without the result of module ${need}`);
  }
  for (const [module, token] of results) {
    if (outputs.get(module) !== token)
      throw new Violation(
        "E4",
        `${run.lease} of ${run.job} was given ${token} of module ${module}, which is not what the journal has`,
      );
  }
}
