import type { Lease } from "@troupe/protocol";

/** A message that is doubled or late is so by less than so many others. */
const KEPT = 10_000;

/**
 * The leases of the present owner that were received here, or refused. Bounded: of one that was forgotten, and of those of former owners, nothing
 * can be said.
 */
export class Seen {
  readonly #leases = new Set<Lease>();
  readonly #kept: number;
  #epoch = 0;
  /** The highest number of the epoch that was forgotten. */
  #forgotten = 0;

  constructor(kept = KEPT) {
    this.#kept = kept;
  }

  /** `new`: it never came here. `seen`: it did. `unknown`: it may have. From here on it is seen. */
  note(lease: Lease): "new" | "seen" | "unknown" {
    const [epoch, number] = parse(lease);
    if (epoch > this.#epoch) this.#begin(epoch);
    if (this.#leases.has(lease)) return "seen";
    if (epoch < this.#epoch || number <= this.#forgotten) return "unknown";
    this.#leases.add(lease);
    if (this.#leases.size > this.#kept) this.#forgetOldest();
    return "new";
  }

  #begin(epoch: number): void {
    this.#epoch = epoch;
    this.#forgotten = 0;
    this.#leases.clear();
  }

  #forgetOldest(): void {
    const [oldest = ""] = this.#leases;
    this.#leases.delete(oldest);
    this.#forgotten = Math.max(this.#forgotten, parse(oldest)[1]);
  }
}

/** A lease is `<epoch>:<number>`; the numbers of an epoch rise. */
function parse(lease: Lease): readonly [epoch: number, number: number] {
  const at = lease.indexOf(":");
  return [Number(lease.slice(0, at)), Number(lease.slice(at + 1))];
}
