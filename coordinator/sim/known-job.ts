/** What an independent reader of the journal knows of a job. Written anew from the invariants, not from the fold. */
import type { Graph } from "@troupe/model";
import type { Lease, Phase } from "@troupe/protocol";

export interface Life {
  /** Text of its outcome, once it has ended. */
  end: string | undefined;
  state: string | undefined;
  /** Failures charged, by group. */
  readonly charged: Map<number, number>;
  /** Whose results count, by group: a lease; "" nobody's, until one is journalled; not there: the first that comes. */
  readonly leases: Map<number, Lease>;
  /** Leases under which a `run` was said, by group. */
  readonly said: Map<number, Set<Lease>>;
  /** Modules of once-only jobs that were started. */
  readonly started: Set<number>;
}

export interface KnownJob {
  readonly id: string;
  readonly digest: string;
  readonly phase: Phase;
  /** Another one when it was retried on another revision. */
  graph: Graph;
  /** Journalled results: tokens by module. */
  readonly outputs: Map<number, number>;
  /** One more with every retry. */
  readonly lives: Life[];
  life: Life;
  /** The life that a journalled lease belongs to. */
  readonly lifeOf: Map<Lease, Life>;
  /** Its record is past its time: the id is free again. */
  isForgotten: boolean;
}

/** Whether it ended because its replicas were retired. */
export function isRetired({ end }: Life): boolean {
  return end?.includes('"code":"RevisionRetired"') === true;
}

export function newLife(groups: Iterable<number> = []): Life {
  const leases = new Map<number, Lease>();
  for (const group of groups) leases.set(group, "");
  return { end: undefined, state: undefined, charged: new Map(), leases, said: new Map(), started: new Set() };
}
