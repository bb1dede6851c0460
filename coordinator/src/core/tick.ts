/** What time brings: silence, the end of a backoff, time limits, pages of records, retention. Called a few times a second. */
import type { Moment } from "./execution.ts";
import { dispatchGroup, enqueue } from "./dispatch.ts";
import type { Job } from "./job.ts";
import { keptBlobs, recordBytes } from "./job-codec.ts";
import { append, groupState, reply, type Owner } from "./owner.ts";
import { loseSilent } from "./replicas.ts";
import { releaseRevisions, retiredBlock } from "./revisions.ts";
import { problemOf, standing } from "./standing.ts";
import { endGrace } from "./takeover.ts";

export function tick(owner: Owner, now: Moment): void {
  loseSilent(owner, now);
  endGrace(owner, now);
  endBackoffs(owner, now);
  noteBroken(owner, now);
  expireJobs(owner, now);
  expireWaiters(owner, now);
  acceptLate(owner, now);
  writePage(owner, now);
  forgetPages(owner, now);
  releaseRevisions(owner, now);
}

function endBackoffs(owner: Owner, now: Moment): void {
  const touched = new Set<string>();
  for (const block of [...owner.delayed].sort((a, b) => a.position - b.position)) {
    if (block.notBefore > now.wall) continue;
    owner.delayed.delete(block);
    enqueue(owner, block, now);
    touched.add(block.stop.name);
  }
  for (const name of touched) dispatchGroup(owner, groupState(owner, name), now);
}

/** The owner's part of the time limits; agents enforce those of modules and blocks. */
function expireJobs(owner: Owner, now: Moment): void {
  for (const job of owner.state.jobs.values()) {
    if (job.end !== undefined) continue;
    const { timeoutMs, queueTimeoutMs } = job.route.graph.jobs;
    if (timeoutMs !== null && now.wall - job.submittedAt > timeoutMs) {
      expire(
        owner,
        job,
        {
          code: "JobTimeout",
          message: `the job was not done within ${timeoutMs / 1000} s (jobs.timeoutSeconds): ${standing(owner, job)}`,
          group: null,
        },
        now,
      );
    } else if (!failRetired(owner, job, now) && !failBroken(owner, job, now) && queueTimeoutMs !== null) {
      expireQueued(owner, job, queueTimeoutMs, now);
    }
  }
}

function failRetired(owner: Owner, job: Job, now: Moment): boolean {
  const block = retiredBlock(owner, job);
  if (block === undefined) return false;
  const { name, group } = block.stop;
  const message = `group ${name} has no replicas for revision ${job.route.graph.id} any more; retry the job, and it runs on the current revision`;
  expire(owner, job, { code: "RevisionRetired", message, group }, now);
  return true;
}

/** Code that cannot be loaded or bootstrapped is tried again for a while; who waits for it must not wait for ever. */
function failBroken(owner: Owner, job: Job, now: Moment): boolean {
  const stuck = job.blocks.find(
    (block) => block?.state === "ready" && block.execution === undefined && isBroken(owner, block.stop.name, now),
  );
  if (stuck === undefined) return false;
  const { name, group } = stuck.stop;
  expire(
    owner,
    job,
    {
      code: "BootstrapFailed",
      message: `group ${name} cannot be set up: ${problemOf(owner, name) ?? "its replicas are broken"}`,
      group,
    },
    now,
  );
  return true;
}

function isBroken(owner: Owner, name: string, now: Moment): boolean {
  const since = owner.groups.get(name)?.brokenSince;
  return since !== undefined && now.mono - since > owner.settings.brokenMs;
}

function noteBroken(owner: Owner, now: Moment): void {
  for (const group of owner.groups.values()) {
    const replicas = [...group.replicas.values()];
    const areAllBroken = replicas.length > 0 && replicas.every(({ problem }) => problem !== undefined);
    group.brokenSince = areAllBroken ? (group.brokenSince ?? now.mono) : undefined;
  }
}

function expireQueued(owner: Owner, job: Job, limitMs: number, now: Moment): void {
  const late = job.blocks.find((block) => block?.queued !== undefined && now.wall - block.queued.since > limitMs);
  if (late === undefined) return;
  const problem = problemOf(owner, late.stop.name);
  const because = problem === undefined ? "" : `: ${problem}`;
  const message = `group ${late.stop.name} had no replica for the job within ${limitMs / 1000} s (jobs.queueTimeoutSeconds)${because}`;
  expire(owner, job, { code: "QueueTimeout", message, group: late.stop.group }, now);
}

interface Expiry {
  readonly code: "JobTimeout" | "QueueTimeout" | "BootstrapFailed" | "RevisionRetired";
  readonly message: string;
  readonly group: number | null;
}

function expire(owner: Owner, job: Job, { code, message, group }: Expiry, now: Moment): void {
  append(owner, { type: "expire", job: job.id, group, failure: { code, message, kind: "terminal" }, at: now.wall });
}

function expireWaiters(owner: Owner, now: Moment): void {
  for (const [id, waiters] of owner.waiters) {
    if (waiters.every(({ until }) => until > now.mono)) continue;
    for (const waiter of waiters) {
      if (waiter.until <= now.mono && waiter.sayPending) reply(owner, waiter.to, { kind: "pending", id });
    }
    const left = waiters.filter(({ until }) => until > now.mono);
    if (left.length === 0) owner.waiters.delete(id);
    else owner.waiters.set(id, left);
  }
}

/** An acceptance that has time is said after so long, well before its client sends the job again. */
const LATE_ACCEPT_MS = 500;

function acceptLate(owner: Owner, now: Moment): void {
  for (const [id, { to, since }] of owner.lateAccepts) {
    if (now.mono - since < LATE_ACCEPT_MS) return;
    owner.lateAccepts.delete(id);
    const job = owner.state.jobs.get(id);
    if (job !== undefined) reply(owner, to, { kind: "accepted", id, revision: job.route.graph.id });
  }
}

/** Bytes on one page, at most. */
const PAGE_BYTES = 1024 * 1024;

/** Half of what a message may carry, since a page is at least one record, however large. */
function pageBytes({ settings }: Owner): number {
  return Math.min(PAGE_BYTES, settings.maxMessageBytes / 2);
}

/** Of all ended jobs that have no page yet. */
export function endedBytes({ state }: Owner): number {
  let bytes = 0;
  for (const id of state.ended) {
    const job = state.jobs.get(id);
    if (job !== undefined) bytes += recordBytes(job);
  }
  return bytes;
}

/** Ended jobs go to a page together, so that a record costs no sync of its own. */
export function writePage(owner: Owner, now: Moment): void {
  if (owner.pageUnderWay || !isPageDue(owner, now)) return;
  owner.pageUnderWay = true;
  owner.commands.push({ kind: "write-page", jobs: nextPage(owner) });
}

function isPageDue(owner: Owner, now: Moment): boolean {
  const { size } = owner.state.ended;
  if (size === 0) return false;
  const isFull = size >= owner.settings.pageJobs || owner.endedBytes >= pageBytes(owner);
  return isFull || now.mono - owner.endedSince >= owner.settings.pageMs;
}

/** The oldest ended jobs, as many as a page takes; one at least. */
function nextPage(owner: Owner): Job[] {
  const jobs: Job[] = [];
  let bytes = 0;
  for (const id of owner.state.ended) {
    const job = owner.state.jobs.get(id);
    if (job === undefined) continue;
    bytes += recordBytes(job);
    if (jobs.length > 0 && (bytes > pageBytes(owner) || jobs.length >= owner.settings.pageJobs)) break;
    jobs.push(job);
  }
  return jobs;
}

/** The page is stored at `page` of the records stream; null: it could not be, and is tried again. */
export function pageWritten(owner: Owner, jobs: readonly Job[], page: number | null, now: Moment): void {
  if (page === null) {
    owner.pageUnderWay = false;
    owner.endedSince = now.mono;
    return;
  }
  // Meanwhile a job may have been retried, and even ended again: the page tells of its former life, and the job gets another (E6).
  const recorded = jobs.filter(({ id, end }) => owner.state.jobs.get(id)?.end === end);
  // The same moment as on the page itself, from which a restart reads it.
  const at = Math.max(...jobs.map(({ end }) => end?.at ?? 0));
  append(owner, { type: "page", page, jobs: recorded.map(({ id }) => id), stored: recorded.flatMap(keptBlobs), at });
}

/** E10: records older than they are to be kept, or beyond the number that is kept, are forgotten, oldest first. */
function forgetPages(owner: Owner, now: Moment): void {
  const { pages, index } = owner.state;
  const keepMs = owner.current?.jobs.keepResultsMs;
  const [oldest] = pages;
  if (oldest === undefined || keepMs === undefined || owner.forgetUnderWay) return;
  let below = oldest.page;
  let surplus = index.size - owner.settings.maxRecords;
  for (const page of pages) {
    if (page.at + keepMs > now.wall && surplus <= 0) break;
    surplus -= page.jobs.length;
    below = page.page + 1;
  }
  if (below === oldest.page) return;
  owner.forgetUnderWay = true;
  append(owner, { type: "forget", below });
}
