/** Which pipelines there are: those that the revision bucket names a current revision of. And which free-standing Groups: those with a mark. */
import { currentRevisionKey, groupMarkKey, REVISION_BUCKET, scopeOfKey, type Scope } from "../subjects.ts";
import { subjectOf } from "./buckets.ts";
import { listKeys } from "./keys.ts";
import type { Bus, BusMessage } from "./port.ts";

/** The list is read this often, whatever was heard. */
const LIST_MS = 3_000;
/** After a key was heard of, so that what is written together is read together. */
const SETTLE_MS = 50;

export interface PipelineWatchOptions {
  /** Pipelines of these namespaces only; undefined: of all. */
  readonly namespaces?: readonly string[] | undefined;
  /** All pipelines that there are, whenever they were read. A pipeline that is being deleted may still be among them. */
  readonly onList: (scopes: readonly Scope[]) => void;
  /** The pipeline is being deleted. Called as soon as it is heard. */
  readonly onDeleted: (scope: Scope) => void;
  /** They could not be read; it is tried again. */
  readonly onError: (error: unknown) => void;
}

/** Watches until it is disposed of. Needs no consumer: it reads again when it hears of a change, and every three seconds. */
export function watchPipelines(bus: Bus, options: PipelineWatchOptions): Disposable {
  return new PipelineWatch(bus, options, currentRevisionKey);
}

/** As {@link watchPipelines}, of free-standing Groups. */
export function watchGroups(bus: Bus, options: PipelineWatchOptions): Disposable {
  return new PipelineWatch(bus, options, groupMarkKey);
}

class PipelineWatch implements Disposable {
  readonly #bus: Bus;
  readonly #options: PipelineWatchOptions;
  readonly #filterOf: (namespace: string) => string;
  readonly #release: (() => void)[];
  #timer: NodeJS.Timeout | undefined;
  #isReading = false;
  #isStale = false;
  #isOver = false;

  constructor(bus: Bus, options: PipelineWatchOptions, keyOf: (scope: Scope) => string) {
    this.#bus = bus;
    this.#options = options;
    this.#filterOf = (namespace) => keyOf({ namespace, pipeline: "*", uid: "*" });
    const live = bus.subscribe(subjectOf(REVISION_BUCKET, this.#filterOf("*")), (message) => {
      this.#heard(message);
    });
    const unlisten = bus.onStatus((status) => {
      if (status === "connected") void this.#read();
    });
    this.#release = [
      () => {
        live.unsubscribe();
      },
      unlisten,
    ];
    void this.#read();
  }

  [Symbol.dispose](): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    for (const release of this.#release) release();
  }

  #heard({ subject, data }: BusMessage): void {
    const scope = scopeOfKey(subject.slice(subjectOf(REVISION_BUCKET, "").length));
    if (scope === null || !this.#isWatched(scope)) return;
    if (data.byteLength === 0) this.#options.onDeleted(scope);
    else this.#readIn(SETTLE_MS);
  }

  #isWatched({ namespace }: Scope): boolean {
    return this.#options.namespaces?.includes(namespace) ?? true;
  }

  #readIn(ms: number): void {
    if (this.#isOver) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#read(), ms);
  }

  async #read(): Promise<void> {
    this.#isStale = this.#isReading;
    if (this.#isReading) return;
    this.#isReading = true;
    try {
      const scopes = await this.#list();
      if (!this.#isOver && scopes !== null) this.#options.onList(scopes);
    } catch (error) {
      if (!this.#isOver) this.#options.onError(error);
    } finally {
      this.#isReading = false;
    }
    this.#readIn(this.#isStale ? SETTLE_MS : LIST_MS);
  }

  async #list(): Promise<Scope[] | null> {
    const found: Scope[] = [];
    for (const namespace of this.#options.namespaces ?? ["*"]) {
      const keys = await listKeys(this.#bus, REVISION_BUCKET, this.#filterOf(namespace));
      if (keys === null) return null;
      found.push(...keys.map(scopeOfKey).filter((scope) => scope !== null));
    }
    return found;
  }
}
