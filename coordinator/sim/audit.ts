/** What has to hold of an owner's memory: looked at a little after every step, and in full now and then. */
import type { Payload } from "@troupe/protocol";
import type { Block, Job } from "../src/core/job.ts";
import type { GroupState, Owner } from "../src/core/owner.ts";
import type { JournalState } from "../src/core/state.ts";
import { textOf } from "./tokens.ts";
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
  }

  #dispatched(owner: Owner): void {
    for (let n = this.#leases + 1; n <= owner.leases; n++) {
      const block = owner.executions.get(`${owner.epoch}:${n}`)?.block;
      if (block === undefined) continue;
      const head = this.#heads.get(`${block.stop.name}/${block.stop.templateHash}`);
      if (head === undefined || head === block || head.queued === undefined || head.position >= block.position) continue;
      throw new Violation("E7", `${block.job.id} (position ${block.position}) was dispatched in ${block.stop.name} before ${head.job.id} (position ${head.position})`);
    }
  }
}

/** Every ready block is somewhere, once; every execution belongs to its block (E6, E10). */
export function auditOwner(owner: Owner): void {
  const queued = new Set<Block>();
  for (const group of owner.groups.values()) {
    for (const queue of group.queues.values()) for (const block of queue.blocks()) queued.add(block);
    auditReplicas(owner, group);
  }
  for (const job of owner.state.jobs.values()) {
    for (const block of job.blocks) if (block !== undefined) auditBlock(owner, job, block, queued);
  }
  for (const block of [...queued, ...owner.delayed]) {
    if (block.job.end !== undefined || block.state !== "ready") throw new Violation("E10", `a block of ${block.job.id} that is over is still queued in ${block.stop.name}`);
  }
  for (const [lease, { block }] of owner.executions) {
    if (block.execution?.lease !== lease) throw new Violation("E10", `execution ${lease} of ${block.job.id} belongs to no block any more`);
  }
}

function auditBlock(owner: Owner, job: Job, block: Block, queued: ReadonlySet<Block>): void {
  if (block.state !== "ready" || job.end !== undefined) return;
  const { execution } = block;
  const places = [execution !== undefined, queued.has(block), owner.delayed.has(block), owner.unclaimed.has(block)].filter(Boolean).length;
  // Given up by a takeover, and on its way to the journal as failed: it must not run twice.
  const isGivenUp = job.route.graph.jobs.maxAttempts === 1 && (block.lease ?? "") !== "";
  if (places === 0 && !isGivenUp) throw new Violation("E6", `the ready block of ${job.id} in ${block.stop.name} is nowhere: not queued, not delayed, not running`);
  if (execution !== undefined && owner.executions.get(execution.lease) !== execution) throw new Violation("E6", `the execution ${execution.lease} of ${job.id} is forgotten`);
  if (execution !== undefined && execution.phase !== "ending" && execution.replica.executions.get(execution.lease) !== execution) {
    throw new Violation("E6", `the replica of ${execution.lease} of ${job.id} does not know of it`);
  }
  if (execution !== undefined && execution.phase !== "ending" && owner.groups.get(execution.replica.group)?.replicas.get(execution.replica.name) !== execution.replica) {
    throw new Violation("E6", `${execution.lease} of ${job.id} is on a replica that is gone`);
  }
}

function auditReplicas(owner: Owner, group: GroupState): void {
  for (const replica of group.replicas.values()) {
    for (const lease of replica.executions.keys()) {
      if (!owner.executions.has(lease)) throw new Violation("E10", `${replica.name} holds a permit for ${lease}, which is forgotten`);
    }
    if (replica.exclusive && replica.executions.size === 0) throw new Violation("E9", `${replica.name} is kept free for a suspect that is not there`);
  }
}

/** Nothing is left of a pipeline in which nothing is to be done (E10). */
export function auditIdle(owner: Owner): void {
  const left = {
    executions: owner.executions.size,
    unclaimed: owner.unclaimed.size,
    delayed: owner.delayed.size,
    submitting: owner.submitting,
    jobs: owner.state.jobs.size,
    openJobs: owner.state.openJobs,
    ended: owner.state.ended.size,
    queued: [...owner.groups.values()].reduce((sum, { queues }) => sum + [...queues.values()].reduce((inner, { size }) => inner + size, 0), 0),
    held: [...owner.groups.values()].reduce((sum, { replicas }) => sum + [...replicas.values()].reduce((inner, { executions }) => inner + executions.size, 0), 0),
  };
  for (const [what, count] of Object.entries(left)) if (count !== 0) throw new Violation("E10", `${count} ${what} are left, though nothing is to be done`);
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
  if (bytes !== state.inlineBytes) throw new Violation("E10", `${state.inlineBytes} inline bytes are counted, ${bytes} are there`);
  if (open !== state.openJobs) throw new Violation("E10", `${state.openJobs} open jobs are counted, ${open} are there`);
}

function lengthOf(payload: Payload | undefined): number {
  return payload !== undefined && "bytes" in payload ? payload.bytes.byteLength : 0;
}

/** @returns where two folds of the same journal differ, or undefined. */
export function difference(a: JournalState, b: JournalState): string | undefined {
  for (const field of ["epoch", "position", "openJobs", "inlineBytes"] as const) {
    if (a[field] !== b[field]) return `${field}: ${a[field]} and ${b[field]}`;
  }
  if (JSON.stringify([a.totals, a.snapshot]) !== JSON.stringify([b.totals, b.snapshot])) return "totals or snapshot";
  if (!sameKeys(a.revisions, b.revisions)) return "revisions";
  if (!sameKeys(a.jobs, b.jobs)) return `jobs: ${[...a.jobs.keys()].join()} and ${[...b.jobs.keys()].join()}`;
  if (a.ended.size !== b.ended.size || ![...a.ended].every((id) => b.ended.has(id))) return "ended jobs";
  for (const [id, job] of a.jobs) {
    const other = b.jobs.get(id);
    const text = other === undefined ? "" : differenceOfJobs(job, other);
    if (text !== "") return `job ${id}: ${text}`;
  }
  if (pagesOf(a) !== pagesOf(b)) return `pages: ${pagesOf(a)} and ${pagesOf(b)}`;
  if (itemsOf(a) !== itemsOf(b)) return `items: ${itemsOf(a)} and ${itemsOf(b)}`;
  if (a.index.size !== b.index.size) return `index: ${a.index.size} and ${b.index.size}`;
  for (const [id, page] of a.index) if (b.index.get(id) !== page) return `index of ${id}: ${page} and ${b.index.get(id) ?? "nothing"}`;
  return undefined;
}

function differenceOfJobs(a: Job, b: Job): string {
  for (const field of ["digest", "submittedAt", "blocksLeft"] as const) if (a[field] !== b[field]) return `${field}: ${a[field]} and ${b[field]}`;
  if (a.route.graph.id !== b.route.graph.id || a.route.phase !== b.route.phase) return "route";
  if (!isSame(a.input, b.input) || a.wait?.to !== b.wait?.to) return "input or listener";
  for (let module = 0; module < a.route.graph.modules.length; module++) {
    if (!isSame(a.outputs[module], b.outputs[module])) return `result of module ${module}`;
  }
  for (const [group, block] of a.blocks.entries()) {
    const other = b.blocks[group];
    if ((block === undefined) !== (other === undefined)) return `block ${group}`;
    if (block === undefined || other === undefined) continue;
    for (const field of ["state", "position", "readyAt", "notBefore", "charged", "lease"] as const) {
      if (block[field] !== other[field]) return `${field} of block ${group}: ${block[field] ?? "undefined"} and ${other[field] ?? "undefined"}`;
    }
  }
  if (a.spans.length !== b.spans.length) return `${a.spans.length} and ${b.spans.length} spans`;
  if (a.end === undefined && b.end === undefined) return "";
  return JSON.stringify(a.end) === JSON.stringify(b.end) ? "" : "end";
}

function isSame(a: Payload | undefined, b: Payload | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  if (!("bytes" in a) || !("bytes" in b)) return "ref" in a && "ref" in b && a.ref.id === b.ref.id;
  if (a.bytes.byteLength !== b.bytes.byteLength) return false;
  for (let at = 0; at < a.bytes.byteLength; at++) if (a.bytes[at] !== b.bytes[at]) return false;
  return true;
}

function sameKeys(a: ReadonlyMap<string, unknown>, b: ReadonlyMap<string, unknown>): boolean {
  return a.size === b.size && [...a.keys()].every((key) => b.has(key));
}

function pagesOf({ pages }: JournalState): string {
  return JSON.stringify(pages.map(({ page, at }) => [page, at]));
}

function itemsOf({ aggregates }: JournalState): string {
  const kept = [...aggregates].filter(([, items]) => items.length > 0).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify(kept.map(([name, items]) => [name, items.map(({ job, payload, claimedBy }) => [job, textOf(payload), claimedBy])]));
}
