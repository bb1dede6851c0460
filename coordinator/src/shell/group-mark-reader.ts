/** What the revision bucket says of a free Group: how many replicas it is to have. */
import { readGroupMark, type Bus, type GroupMark, type Scope } from "@troupe/protocol";
import { RevisionNews } from "./revision-news.ts";

const REREAD_MS = 5_000;

export class GroupMarkReader implements Disposable {
  readonly #bus: Bus;
  readonly #scope: Scope;
  readonly #news: RevisionNews;
  #mark: GroupMark | null = null;

  constructor(bus: Bus, scope: Scope) {
    this.#bus = bus;
    this.#scope = scope;
    this.#news = new RevisionNews(bus, scope, REREAD_MS);
  }

  [Symbol.dispose](): void {
    this.#news[Symbol.dispose]();
  }

  /** What was read last; null: nobody says anything of it, as on the laptop. */
  get mark(): GroupMark | null {
    return this.#mark;
  }

  /** Reads it again when something was written, and now and then. */
  async refresh(): Promise<GroupMark | null> {
    const now = performance.now();
    if (!this.#news.isDue(now)) return this.#mark;
    this.#mark = await readGroupMark(this.#bus, this.#scope);
    this.#news.wasRead(now);
    return this.#mark;
  }
}
