/** What has to hold of an owner's memory: looked at a little after every step, and in full now and then. */
import type { Payload } from "@troupe/protocol";
import type { Execution } from "../src/core/execution.ts";
import type { Block, Job } from "../src/core/job.ts";
import type { GroupState, Owner } from "../src/core/owner.ts";
import type { JournalState } from "../src/core/state.ts";
import { Violation } from "./violation.ts";

/** Remembers the heads of the queues, to see that nobody overtakes (E7). */
export class OrderWatch {
  readonly #heads = new Map<string, Block>();
  #leases = 0;

  stepped(owner: Owner): void {
    if (owner.leases > this.#leases) this.#dispatched(owner);
    this.#leases = owner.leases;
    this.#heads.clear();
    for (const group of owner.groups.values()) {
      for (const [hash, queue] of group.queues) {
        const head = queue.peek();
        if (head !== undefined) this.#heads.set(`${group.name}/${hash}`, head);
      }
    }
    // What a former owner may have dispatched comes first as long as nobody knows whether it did.
    if (owner.held.size > 0) for (const block of owner.unclaimed) this.#isFirst(block);
  }

  #isFirst(block: Block): void {
    const key = `${block.stop.name}/${block.stop.templateHash}`;
    const head = this.#heads.get(key);
    if (head === undefined || block.position < head.position) this.#heads.set(key, block);
  }

  #dispatched(owner: Owner): void {
    for (let n = this.#leases + 1; n <= owner.leases; n++) {
      const block = owner.executions.get(`${owner.epoch}:${n}`)?.block;
      if (block === undefined) continue;
      const head = this.#heads.get(`${block.stop.name}/${block.stop.templateHash}`);
      if (head === undefined || head === block || head.position >= block.position) continue;
      // Behind the grace nobody waits for a once-only block whose holder is silent (E2).
      const isHeld = owner.unclaimed.has(head) && owner.held.has(head.stop.name);
      if (head.queued === undefined && !isHeld) continue;
      throw new Violation(
        "E7",
        `${block.job.id} (position ${block.position}) was dispatched in ${block.stop.name} before ${head.job.id} (position ${head.position})`,
      );
    }
  }
}

/** A suspended pipeline takes nothing new: what is on its way to the journal only becomes less. */
export class SuspensionWatch {
  #submitting = Infinity;

  stepped({ control, submitting }: Owner): void {
    if (control.suspended && submitting > this.#submitting)
      throw new Violation("suspend", "a submission was taken, though its owner knows that the pipeline is suspended");
    this.#submitting = control.suspended ? submitting : Infinity;
  }
}

/** Every ready block is somewhere, once; every execution belongs to its block (E6, E10). */
export function auditOwner(owner: Owner): void {
  const queued = new Set<Block>();
  for (const group of owner.groups.values()) {
    for (const queue of group.queues.values()) for (const block of queue.blocks()) queued.add(block);
    auditReplicas(owner, group);
  }
  for (const job of owner.state.jobs.values()) if (job.end === undefined) auditJob(owner, job, queued);
  for (const block of queued) auditWaiting(block);
  for (const block of owner.delayed) auditWaiting(block);
  for (const [lease, { block }] of owner.executions) {
    if (block.execution?.lease !== lease)
      throw new Violation("E10", `execution ${lease} of ${block.job.id} belongs to no block any more`);
  }
}

function auditWaiting({ job, state, stop }: Block): void {
  if (job.end !== undefined || state !== "ready")
    throw new Violation("E10", `a block of ${job.id} that is over is still queued in ${stop.name}`);
}

function auditJob(owner: Owner, job: Job, queued: ReadonlySet<Block>): void {
  for (const block of job.blocks) {
    if (block?.state !== "ready") continue;
    if (block.execution !== undefined) auditExecution(owner, job, block.execution);
    else if (!queued.has(block) && !owner.delayed.has(block) && !owner.unclaimed.has(block) && !isGivenUp(block)) {
      throw new Violation(
        "E6",
        `the ready block of ${job.id} in ${block.stop.name} is nowhere: not queued, not delayed, not running`,
      );
    }
  }
}

/** Given up by a takeover, and on its way to the journal as failed: it must not run twice. */
function isGivenUp({ job, lease }: Block): boolean {
  return job.route.graph.jobs.maxAttempts === 1 && lease !== undefined && lease !== "";
}

function auditExecution(owner: Owner, { id }: Job, execution: Execution): void {
  const { lease, phase, replica } = execution;
  if (owner.executions.get(lease) !== execution)
    throw new Violation("E6", `the execution ${lease} of ${id} is forgotten`);
  if (phase === "ending") return;
  if (replica.executions.get(lease) !== execution)
    throw new Violation("E6", `the replica of ${lease} of ${id} does not know of it`);
  if (owner.groups.get(replica.group)?.replicas.get(replica.name) !== replica)
    throw new Violation("E6", `${lease} of ${id} is on a replica that is gone`);
}

function auditReplicas(owner: Owner, group: GroupState): void {
  for (const replica of group.replicas.values()) {
    for (const lease of replica.executions.keys()) {
      if (!owner.executions.has(lease))
        throw new Violation("E10", `${replica.name} holds a permit for ${lease}, which is forgotten`);
    }
    if (replica.exclusive && replica.executions.size === 0)
      throw new Violation("E9", `${replica.name} is kept free for a suspect that is not there`);
  }
}

/** Nothing is left of a pipeline in which nothing is to be done (E10). */
export function auditIdle(owner: Owner): void {
  const left = {
    executions: owner.executions.size,
    unclaimed: owner.unclaimed.size,
    delayed: owner.delayed.size,
    submitting: owner.submitting,
    submittingBytes: owner.submittingBytes,
    jobs: owner.state.jobs.size,
    openJobs: owner.state.openJobs,
    ended: owner.state.ended.size,
    queued: [...owner.groups.values()].reduce(
      (sum, { queues }) => sum + [...queues.values()].reduce((inner, { size }) => inner + size, 0),
      0,
    ),
    held: [...owner.groups.values()].reduce(
      (sum, { replicas }) => sum + [...replicas.values()].reduce((inner, { executions }) => inner + executions.size, 0),
      0,
    ),
  };
  for (const [what, count] of Object.entries(left))
    if (count !== 0) throw new Violation("E10", `${count} ${what} are left, though nothing is to be done`);
  auditBytes(owner.state);
}

/** The bytes that admission counts are those that are there. */
export function auditBytes(state: JournalState): void {
  let bytes = 0;
  let open = 0;
  for (const job of state.jobs.values()) {
    bytes += lengthOf(job.input);
    for (const output of job.outputs) bytes += lengthOf(output);
    if (job.end === undefined) open++;
  }
  for (const items of state.aggregates.values()) for (const { payload } of items) bytes += lengthOf(payload);
  if (bytes !== state.inlineBytes)
    throw new Violation("E10", `${state.inlineBytes} inline bytes are counted, ${bytes} are there`);
  if (open !== state.openJobs) throw new Violation("E10", `${state.openJobs} open jobs are counted, ${open} are there`);
}

function lengthOf(payload: Payload | undefined): number {
  return payload !== undefined && "bytes" in payload ? payload.bytes.byteLength : 0;
}
