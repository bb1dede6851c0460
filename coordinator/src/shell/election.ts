/**
 * Who tries to own a pipeline: a lease in a key-value bucket, renewed every half second, free after two. It only keeps coordinators out of each
 * other's way; the journal's fence says who owns (E8).
 */
import { readOwner, writeOwner, type Bus, type JournalWitness, type Scope } from "@troupe/protocol";

export const RENEW_MS = 500;
const EXPIRES_MS = 2_000;
/** An owner that nothing has confirmed for this long neither dispatches nor answers. */
export const CONFIRMED_MS = 1_000;

export class Election {
  readonly #bus: Bus;
  readonly #scope: Scope;
  readonly #holder: string;
  readonly #mono: () => number;
  readonly #delayMs: () => number;
  #seen: { sequence: number; since: number } | undefined;
  #held: { sequence: number; beat: number } | undefined;
  /** How far the journal was, as far as it is known here; every writing of the key passes it on. */
  #journal: JournalWitness | null = null;
  #confirmedAt = -Infinity;

  constructor(options: {
    readonly bus: Bus;
    readonly scope: Scope;
    readonly holder: string;
    readonly mono: () => number;
    /** How long a free lease is left to others, in milliseconds. Default: not at all. */
    readonly delayMs?: () => number;
  }) {
    this.#bus = options.bus;
    this.#scope = options.scope;
    this.#holder = options.holder;
    this.#mono = options.mono;
    this.#delayMs = options.delayMs ?? (() => 0);
  }

  /** Whether something has confirmed the ownership within the last second. */
  get isConfirmed(): boolean {
    return this.unconfirmedMs < CONFIRMED_MS;
  }

  /** For how long nothing has confirmed it. */
  get unconfirmedMs(): number {
    return this.#mono() - this.#confirmedAt;
  }

  /** Something else, asked at `askedAt`, has shown that this owner owns: an append that was accepted. */
  confirm(askedAt: number): void {
    if (askedAt > this.#confirmedAt) this.#confirmedAt = askedAt;
  }

  /** How far the journal was when the key was last written; null: nobody has said. */
  async witness(): Promise<JournalWitness | null> {
    return (await readOwner(this.#bus, this.#scope, EXPIRES_MS)).journal;
  }

  /** The journal is so far now: the next renewal says it. */
  testify(journal: JournalWitness): void {
    this.#journal = journal;
  }

  /** One try to get the lease. @returns whether it is ours now. */
  async tryAcquire(): Promise<boolean> {
    const askedAt = this.#mono();
    const { sequence, lease, journal } = await readOwner(this.#bus, this.#scope, EXPIRES_MS);
    if (this.#seen?.sequence !== sequence) this.#seen = { sequence, since: askedAt };
    const isHeld = lease !== null && !this.#isFormerSelf(lease.holder);
    if (askedAt - this.#seen.since < (isHeld ? EXPIRES_MS : 0) + this.#delayMs()) return false;
    const written = await writeOwner(this.#bus, this.#scope, {
      lease: { holder: this.#holder, beat: 1 },
      journal,
      sequence,
      timeoutMs: EXPIRES_MS,
    });
    if (written === null) return false;
    this.#held = { sequence: written, beat: 1 };
    this.#journal = journal;
    this.#confirmedAt = askedAt;
    return true;
  }

  /**
   * A holder is `<name>.<life>`. A process of our name that still held the lease must have ended, or we would not have been started; should it
   * live after all, the fence stops it.
   */
  #isFormerSelf(holder: string): boolean {
    return holder.slice(0, holder.lastIndexOf(".")) === this.#holder.slice(0, this.#holder.lastIndexOf("."));
  }

  /** @returns `lost` when somebody else has the lease. @throws when NATS did not answer: nothing is known. */
  async renew(): Promise<"held" | "lost"> {
    const held = this.#held;
    if (held === undefined) return "lost";
    const askedAt = this.#mono();
    const beat = held.beat + 1;
    const written = await writeOwner(this.#bus, this.#scope, {
      lease: { holder: this.#holder, beat },
      journal: this.#journal,
      sequence: held.sequence,
      timeoutMs: CONFIRMED_MS,
    });
    if (written === null) return this.#afterRefusal(beat, askedAt);
    this.#held = { sequence: written, beat };
    this.confirm(askedAt);
    return "held";
  }

  /** Lets go, so that another need not wait. */
  async release(): Promise<void> {
    const held = this.#held;
    this.#held = undefined;
    this.#confirmedAt = -Infinity;
    if (held !== undefined)
      await writeOwner(this.#bus, this.#scope, {
        lease: null,
        journal: this.#journal,
        sequence: held.sequence,
        timeoutMs: CONFIRMED_MS,
      });
  }

  /** An earlier renewal may have been written though its answer was lost: then the key is still ours. */
  async #afterRefusal(beat: number, askedAt: number): Promise<"held" | "lost"> {
    const { sequence, lease } = await readOwner(this.#bus, this.#scope, CONFIRMED_MS);
    if (lease?.holder !== this.#holder) {
      this.#held = undefined;
      return "lost";
    }
    this.#held = { sequence, beat };
    this.confirm(askedAt);
    return "held";
  }
}
