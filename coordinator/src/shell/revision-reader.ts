/** What the revision bucket says of a pipeline: the revision that new jobs get, and what applies whatever the revision. */
import { graphOf, type Graph, type Revision } from "@troupe/model";
import {
  DEFAULT_CONTROL,
  readControl,
  readCurrentRevision,
  readRevision,
  type Bus,
  type PipelineControl,
  type Scope,
} from "@troupe/protocol";
import { RevisionNews } from "./revision-news.ts";

const REREAD_MS = 2_000;

export interface Guidance {
  /** Undefined: there is none yet. */
  readonly current: Graph | undefined;
  readonly control: PipelineControl;
}

export class RevisionReader implements Disposable {
  readonly #bus: Bus;
  readonly #scope: Scope;
  readonly #news: RevisionNews;
  #guidance: Guidance = { current: undefined, control: DEFAULT_CONTROL };

  constructor(bus: Bus, scope: Scope) {
    this.#bus = bus;
    this.#scope = scope;
    this.#news = new RevisionNews(bus, scope, REREAD_MS);
  }

  [Symbol.dispose](): void {
    this.#news[Symbol.dispose]();
  }

  /** What was read last. */
  get guidance(): Guidance {
    return this.#guidance;
  }

  /** Reads it again: always while there is no revision, else when something was written, and now and then. */
  async refresh(): Promise<Guidance> {
    const now = performance.now();
    if (this.#guidance.current !== undefined && !this.#news.isDue(now)) return this.#guidance;
    const current = await this.#readCurrent();
    this.#guidance = { current, control: await readControl(this.#bus, this.#scope) };
    this.#news.wasRead(now);
    return this.#guidance;
  }

  async #readCurrent(): Promise<Graph | undefined> {
    const { current } = this.#guidance;
    const id = await readCurrentRevision(this.#bus, this.#scope);
    if (id === null || id === current?.id) return current;
    const revision = await readRevision(this.#bus, this.#scope, id);
    return isRevision(revision) ? graphOf(revision) : current;
  }
}

/** The bucket holds what the operator or the laptop compiled; anything else is a mistake of theirs, not to be guessed at. */
function isRevision(value: unknown): value is Revision {
  return (
    typeof value === "object" &&
    value !== null &&
    "id" in value &&
    "modules" in value &&
    "groups" in value &&
    "jobs" in value
  );
}
