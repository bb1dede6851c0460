/**
 * The bucket of revisions: which revision new jobs get, and what applies whatever the revision; and what users and operator change about that
 * while jobs are in flight. It goes to and fro between revisions, suspends and resumes, and retires templates that the current one does not have.
 */
import type { Graph } from "@troupe/model";
import { DEFAULT_CONTROL, type PipelineControl } from "@troupe/protocol";
import type { Clock } from "./clock.ts";
import type { Random } from "./random.ts";

export interface Guidance {
  readonly current: Graph;
  readonly control: PipelineControl;
}

export type Change =
  { readonly kind: "revise"; readonly revision: number } | { readonly kind: "suspend" | "resume" | "retire" };

export type PlannedChange = Change & { readonly atMs: number };

/** @param untilMs all changes but retiring are made until then: nothing stays suspended. */
export function drawChanges(random: Random, revisions: number, untilMs: number): PlannedChange[] {
  const changes: PlannedChange[] = [];
  let revision = 0;
  for (let count = random.chance(0.45) ? random.int(1, 4) : 0; count > 0; count--) {
    const atMs = random.between(500, untilMs);
    revision = (revision + random.int(1, revisions - 1)) % revisions;
    changes.push({ kind: "revise", revision, atMs });
    if (random.chance(0.6)) changes.push({ kind: "retire", atMs: atMs + random.between(0, 3_000) });
  }
  for (let count = random.chance(0.25) ? random.int(1, 2) : 0; count > 0; count--) {
    const atMs = random.between(200, untilMs);
    changes.push(
      { kind: "suspend", atMs },
      { kind: "resume", atMs: Math.min(untilMs, atMs + random.between(50, 2_500)) },
    );
  }
  return changes;
}

/** As old as what an owner has read may be: it was frozen, or the bucket did not answer. */
const STALE_MS = 8_000;

export interface BucketOptions {
  readonly clock: Clock;
  readonly revisions: readonly Graph[];
  readonly changes: readonly PlannedChange[];
  /** Something has changed. */
  readonly changed: (change: Change) => void;
}

export class Bucket {
  readonly #options: BucketOptions;
  #guidance: Guidance;
  /** Templates that were ever retired, whether or not they came back. */
  readonly everRetired = new Set<string>();
  wasSuspended = false;
  /** When templates were retired that still are, in milliseconds since the beginning. */
  readonly #retiredAt = new Map<string, number>();

  constructor(options: BucketOptions) {
    const { clock, changes, revisions } = options;
    this.#options = options;
    const [current] = revisions;
    if (current === undefined) throw new RangeError("a pipeline has a revision");
    this.#guidance = { current, control: DEFAULT_CONTROL };
    for (const change of changes)
      clock.after(change.atMs, () => {
        this.#apply(change);
        options.changed(change);
      });
  }

  get guidance(): Guidance {
    return this.#guidance;
  }

  /** Whether there are replicas of all these templates, or were a while ago: an owner may not have heard of it yet. */
  wasServed(hashes: readonly string[]): boolean {
    const since = this.#options.clock.now - STALE_MS;
    return hashes.every((hash) => (this.#retiredAt.get(hash) ?? Infinity) > since);
  }

  isRetired(templateHash: string): boolean {
    return this.#guidance.control.retired.includes(templateHash);
  }

  #apply(change: Change): void {
    const { current, control } = this.#guidance;
    switch (change.kind) {
      case "suspend":
      case "resume":
        this.wasSuspended = true;
        this.#guidance = { current, control: { ...control, suspended: change.kind === "suspend" } };
        return;
      case "revise":
        this.#revise(this.#options.revisions[change.revision] ?? current);
        return;
      case "retire":
        this.#retire();
        return;
    }
  }

  /** What the revision has is not retired any more. */
  #revise(current: Graph): void {
    const { control } = this.#guidance;
    const hashes = hashesOf(current);
    for (const hash of hashes) this.#retiredAt.delete(hash);
    this.#guidance = { current, control: { ...control, retired: control.retired.filter((hash) => !hashes.has(hash)) } };
  }

  /** All that the current revision does not have. */
  #retire(): void {
    const { current, control } = this.#guidance;
    const kept = hashesOf(current);
    const retired = [...hashesOf(...this.#options.revisions)].filter((hash) => !kept.has(hash));
    for (const hash of retired) {
      this.everRetired.add(hash);
      if (!this.#retiredAt.has(hash)) this.#retiredAt.set(hash, this.#options.clock.now);
    }
    this.#guidance = { current, control: { ...control, retired } };
  }
}

export function hashesOf(...graphs: readonly Graph[]): Set<string> {
  return new Set(graphs.flatMap(({ groups }) => groups.map(({ templateHash }) => templateHash)));
}
