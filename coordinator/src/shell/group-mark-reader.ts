/** What the revision bucket says of a free Group: how many replicas it is to have. */
import {
  onRevisionWritten,
  readGroupMark,
  type Bus,
  type BusSubscription,
  type GroupMark,
  type Scope,
} from "@troupe/protocol";

const REREAD_MS = 5_000;
/** What was written is not readable at once. */
const REREAD_AFTER_WORD_MS = 100;

export class GroupMarkReader implements Disposable {
  readonly #bus: Bus;
  readonly #scope: Scope;
  readonly #subscription: BusSubscription;
  #mark: GroupMark | null = null;
  #readAt = -Infinity;
  #heardAt = -Infinity;

  constructor(bus: Bus, scope: Scope) {
    this.#bus = bus;
    this.#scope = scope;
    this.#subscription = onRevisionWritten(bus, scope, () => {
      this.#heardAt = performance.now();
    });
  }

  [Symbol.dispose](): void {
    this.#subscription.unsubscribe();
  }

  /** What was read last; null: nobody says anything of it, as on the laptop. */
  get mark(): GroupMark | null {
    return this.#mark;
  }

  /** Reads it again when something was written, and now and then. */
  async refresh(): Promise<GroupMark | null> {
    const now = performance.now();
    const hasNews = this.#heardAt + REREAD_AFTER_WORD_MS > this.#readAt;
    if (!hasNews && now - this.#readAt < REREAD_MS) return this.#mark;
    this.#mark = await readGroupMark(this.#bus, this.#scope);
    this.#readAt = now;
    return this.#mark;
  }
}
