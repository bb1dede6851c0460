/**
 * Whose a Lease is, as a candidate may judge. Clocks of two machines are never compared: what counts is how long, by its own clock, a candidate
 * has seen the same record.
 */
import { type Lease } from "./builtin.ts";
import { microTime } from "./micro-time.ts";
import { type ObjectKey, type Stored } from "./object.ts";

/** A record, and since when this candidate has seen it unchanged (monotonic). */
export interface Sighting {
  readonly record: string;
  readonly sinceMs: number;
}

export function sight(before: Sighting | undefined, lease: Stored<Lease>, nowMs: number): Sighting {
  const record = JSON.stringify(lease.spec ?? {});
  return before?.record === record ? before : { record, sinceMs: nowMs };
}

/** After how long the lease may be taken if it stays as it is; 0: now. */
export function freeInMs(lease: Stored<Lease>, sighting: Sighting, identity: string, nowMs: number): number {
  const { holderIdentity = "", leaseDurationSeconds = 0 } = lease.spec ?? {};
  if (holderIdentity === "" || holderIdentity === identity) return 0;
  return Math.max(0, sighting.sinceMs + leaseDurationSeconds * 1000 - nowMs);
}

export function newLease(key: ObjectKey, holder: string, leaseMs: number, wallMs: number): Lease {
  const spec = { ...termOf(holder, leaseMs, wallMs), acquireTime: microTime(wallMs), leaseTransitions: 0 };
  return { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata: { ...key }, spec };
}

/** The lease as a candidate takes it over. */
export function taken(lease: Stored<Lease>, holder: string, leaseMs: number, wallMs: number): Stored<Lease> {
  const transitions = lease.spec?.leaseTransitions ?? 0;
  const isOurs = lease.spec?.holderIdentity === holder;
  const spec = {
    ...termOf(holder, leaseMs, wallMs),
    acquireTime: microTime(wallMs),
    leaseTransitions: isOurs ? transitions : transitions + 1,
  };
  return { ...lease, spec: { ...lease.spec, ...spec } };
}

export function renewed(lease: Stored<Lease>, wallMs: number): Stored<Lease> {
  return { ...lease, spec: { ...lease.spec, renewTime: microTime(wallMs) } };
}

/** The lease with nobody holding it: the next one need not wait. */
export function released(lease: Stored<Lease>, wallMs: number): Stored<Lease> {
  return {
    ...lease,
    spec: { ...lease.spec, holderIdentity: "", leaseDurationSeconds: 1, renewTime: microTime(wallMs) },
  };
}

function termOf(holder: string, leaseMs: number, wallMs: number): NonNullable<Lease["spec"]> {
  return { holderIdentity: holder, leaseDurationSeconds: Math.ceil(leaseMs / 1000), renewTime: microTime(wallMs) };
}
