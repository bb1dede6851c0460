/**
 * A Lease says which of several processes writes. Kubernetes has no fence that would refuse a former leader's writes, so the leader itself stops:
 *
 * L1 No write starts later than `renewDeadlineMs` after the last renewal that succeeded was begun.
 * L2 Others take the lease not before they have seen it unchanged for `leaseMs`, which is longer.
 */
import { setTimeout as delay } from "node:timers/promises";
import { linkSignals } from "./abort.ts";
import { leases, type Lease } from "./builtin.ts";
import { type KubeClient } from "./client.ts";
import { type WriteGate } from "./connection.ts";
import { KubeError, NotLeadingError } from "./error.ts";
import { freeInMs, newLease, released, renewed, sight, taken, type Sighting } from "./lease.ts";
import { keyText, type ObjectKey, type Stored } from "./object.ts";
import { type Observe } from "./observation.ts";

export interface ElectionOptions {
  /** Not gated. */
  readonly client: KubeClient;
  /** The Lease; made when it is missing. */
  readonly lease: ObjectKey;
  /** Tells the candidates apart: name of the pod. Two living processes must never share one. */
  readonly identity: string;
  /** Others wait so long after the last renewal that they saw. Whole seconds. @default 15000 */
  readonly leaseMs?: number | undefined;
  /** The leader stops writing so long after its last renewal began. @default 10000 */
  readonly renewDeadlineMs?: number | undefined;
  /** How often it is renewed, and looked at by others. @default 2000 */
  readonly retryMs?: number | undefined;
  readonly observe?: Observe | undefined;
}

/** What a leader does. `signal` is aborted when it has to end: told to stop, or no longer the leader. `gate` is for `client.gatedBy`. */
export type LeaderWork = (gate: WriteGate, signal: AbortSignal) => Promise<void>;

/**
 * Waits until it is the leader, then does `work` for as long as it stays so. The lease is given up once the work has ended.
 * @param signal to stop; the work is then told to end, and may still write while it does
 * @returns `lost`: somebody else may lead; what this process believes is old, so it had better begin anew
 * @throws what `work` throws
 */
export async function runAsLeader(
  options: ElectionOptions,
  work: LeaderWork,
  signal: AbortSignal,
): Promise<"stopped" | "lost"> {
  const settings = settingsOf(options);
  const term = await acquire(settings, signal);
  if (term === undefined) return "stopped";
  const { observe, identity } = settings;
  const lease = keyText(settings.lease);
  observe({ type: "leading", lease, identity });
  const ended = new AbortController();
  const renewing = renewUntil(settings, term, ended.signal);
  using end = linkSignals([signal, term.gate.signal]);
  try {
    await work(term.gate, end.signal);
  } catch (error) {
    if (term.lostBecause === undefined) throw error;
    // Most likely because its writes were refused.
    report(settings, error);
  } finally {
    ended.abort();
    await renewing;
    term.close("its work has ended");
    if (term.lostBecause === undefined) await release(settings, term);
  }
  if (term.lostBecause === undefined) return "stopped";
  observe({ type: "leadership-lost", lease, identity, why: term.lostBecause });
  return "lost";
}

interface Settings {
  readonly client: KubeClient;
  readonly lease: ObjectKey;
  readonly identity: string;
  readonly leaseMs: number;
  readonly renewDeadlineMs: number;
  readonly retryMs: number;
  /** For a look at the lease: a busy server has to be waited for, one that is gone must not cost the turn. */
  readonly callMs: number;
  readonly observe: Observe;
}

function settingsOf(options: ElectionOptions): Settings {
  const { leaseMs = 15_000, renewDeadlineMs = 10_000, retryMs = 2_000 } = options;
  if (!(retryMs < renewDeadlineMs && renewDeadlineMs < leaseMs))
    throw new Error(
      `a lease needs retryMs (${retryMs}) < renewDeadlineMs (${renewDeadlineMs}) < leaseMs (${leaseMs}), or two could lead at once`,
    );
  const { client, lease, identity, observe = (): undefined => undefined } = options;
  return { client, lease, identity, leaseMs, renewDeadlineMs, retryMs, callMs: renewDeadlineMs / 3, observe };
}

/** The time as leader, from one renewal to the next. */
class Term {
  lease: Stored<Lease>;
  lostBecause: string | undefined;
  readonly gate: WriteGate;
  readonly #abort = new AbortController();
  readonly #deadlineMs: number;
  #confirmed: Moment;

  /** @param confirmed when the renewal, or the acquisition, began */
  constructor(lease: Stored<Lease>, confirmed: Moment, deadlineMs: number) {
    this.lease = lease;
    this.#confirmed = confirmed;
    this.#deadlineMs = deadlineMs;
    const { signal } = this.#abort;
    const check = (): void => {
      if (this.remainingMs <= 0) this.lose(`it was not renewed for ${deadlineMs} ms`);
      signal.throwIfAborted();
    };
    this.gate = { signal, check };
  }

  get remainingMs(): number {
    return this.#deadlineMs - elapsedMs(this.#confirmed);
  }

  confirm(lease: Stored<Lease>, begun: Moment): void {
    this.lease = lease;
    this.#confirmed = begun;
  }

  lose(why: string): void {
    this.lostBecause ??= why;
    this.close(why);
  }

  /** No write passes any more. */
  close(why: string): void {
    this.#abort.abort(new NotLeadingError(`no longer the leader: ${why}`));
  }
}

interface Moment {
  readonly monotonicMs: number;
  readonly wallMs: number;
}

function now(): Moment {
  return { monotonicMs: performance.now(), wallMs: Date.now() };
}

/**
 * The monotonic clock stands still while a machine sleeps, and others' clocks do not. So the longer of both counts: a wall clock that is put forward
 * can cost the lead, never keep it.
 */
function elapsedMs(since: Moment): number {
  return Math.max(performance.now() - since.monotonicMs, Date.now() - since.wallMs);
}

async function acquire(settings: Settings, signal: AbortSignal): Promise<Term | undefined> {
  const candidate = new Candidate(settings, signal);
  while (!signal.aborted) {
    const next = await candidate.step();
    if (next instanceof Term) return next;
    await pause(next, signal);
  }
  return undefined;
}

class Candidate {
  readonly #settings: Settings;
  readonly #signal: AbortSignal;
  #sighting: Sighting | undefined;

  constructor(settings: Settings, signal: AbortSignal) {
    this.#settings = settings;
    this.#signal = signal;
  }

  /** @returns the term, or after how long to look again */
  async step(): Promise<Term | number> {
    const retryMs = this.#settings.retryMs * (0.9 + Math.random() / 10);
    try {
      const next = await this.#look();
      return next instanceof Term ? next : Math.min(next, retryMs);
    } catch (error) {
      // A conflict: another was faster.
      const isNews = !this.#signal.aborted && !(error instanceof KubeError && error.isConflict);
      if (isNews) report(this.#settings, error);
      return retryMs;
    }
  }

  async #look(): Promise<Term | number> {
    const { client, lease, identity, callMs, renewDeadlineMs } = this.#settings;
    const begun = now();
    const found = await client.find(leases, lease, { signal: this.#signal, timeoutMs: callMs });
    if (found !== undefined) {
      this.#sighting = sight(this.#sighting, found, performance.now());
      const waitMs = freeInMs(found, this.#sighting, identity, performance.now());
      if (waitMs > 0) return waitMs;
    }
    return new Term(await take(this.#settings, found, begun, this.#signal), begun, renewDeadlineMs);
  }
}

/** @throws {KubeError} a conflict, when another was faster */
async function take(
  { client, lease, identity, leaseMs, callMs }: Settings,
  found: Stored<Lease> | undefined,
  { wallMs }: Moment,
  signal: AbortSignal,
): Promise<Stored<Lease>> {
  const call = { signal, timeoutMs: callMs };
  if (found === undefined) return client.create(leases, newLease(lease, identity, leaseMs, wallMs), call);
  return client.replace(leases, taken(found, identity, leaseMs, wallMs), call);
}

/** Renews until `ended` is aborted or the term is lost, which closes its gate. */
async function renewUntil(settings: Settings, term: Term, ended: AbortSignal): Promise<void> {
  for (;;) {
    await pause(Math.min(settings.retryMs, Math.max(0, term.remainingMs)), ended);
    if (ended.aborted || term.lostBecause !== undefined) return;
    if (term.remainingMs <= 0) term.lose(`it was not renewed for ${settings.renewDeadlineMs} ms`);
    else await renew(settings, term);
  }
}

async function renew(settings: Settings, term: Term): Promise<void> {
  const begun = now();
  // Whoever lost the answer to a renewal must not wait for it until the deadline: there is time for several.
  const timeoutMs = Math.max(1, term.remainingMs / 2);
  try {
    term.confirm(await settings.client.replace(leases, renewed(term.lease, begun.wallMs), { timeoutMs }), begun);
  } catch (error) {
    if (error instanceof KubeError && (error.isConflict || error.isNotFound)) await lookWhose(settings, term);
    else report(settings, error);
  }
}

/** After a renewal was refused: it may still be ours, if the answer to an earlier one was lost, or somebody edited it. */
async function lookWhose(settings: Settings, term: Term): Promise<void> {
  try {
    const found = await settings.client.find(leases, settings.lease, { timeoutMs: Math.max(1, term.remainingMs) });
    const holder = found?.spec?.holderIdentity ?? "nobody";
    if (found !== undefined && holder === settings.identity) term.lease = found;
    else term.lose(`${holder} holds the lease`);
  } catch (error) {
    report(settings, error);
  }
}

async function release(settings: Settings, term: Term): Promise<void> {
  const { client, callMs } = settings;
  await client.replace(leases, released(term.lease, Date.now()), { timeoutMs: callMs }).catch((error: unknown) => {
    report(settings, error);
  });
}

function report({ observe, lease }: Settings, error: unknown): void {
  observe({ type: "lease-failed", lease: keyText(lease), error });
}

/** Ends early, and without a word, when `signal` is aborted. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => undefined);
}
