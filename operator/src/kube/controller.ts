/** Visits keys: each alone, soon after something about it has changed, and again until it is settled. */
import { KubeError } from "./error.ts";
import { type Informer } from "./informer.ts";
import { keyFromText, keyOf, keyText, type KubeObject, type ObjectKey, type Stored } from "./object.ts";
import { type Observe } from "./observation.ts";
import { WorkQueue, type VisitEnd } from "./work-queue.ts";

/** How a visit ended. Anything thrown is a failure: it is tried again after growing delays, but for {@link TerminalError}. */
export type Outcome =
  /** Nothing to do until something changes. */
  | { readonly kind: "settled" }
  /** Visit again after so long at the latest. */
  | { readonly kind: "again"; readonly afterMs: number; readonly why: string };

/** Trying again cannot help: the key is left alone until something changes. */
export class TerminalError extends Error {
  override readonly name = "TerminalError";
}

export interface ControllerOptions {
  readonly name: string;
  /** Brings the world closer to what the object of that name wants; it may be gone. `signal`: the controller stops. */
  readonly reconcile: (key: ObjectKey, signal: AbortSignal) => Promise<Outcome>;
  /** Keys visited at once; one key never twice. @default 4 */
  readonly workers?: number | undefined;
  /** Every key of the objects that it is `for` is visited at least this often. @default 600000 */
  readonly resyncMs?: number | undefined;
  readonly observe?: Observe | undefined;
}

const WORKERS = 4;
const RESYNC_MS = 600_000;
const RETRY = { baseMs: 20, maxMs: 60_000 };

export class Controller {
  readonly name: string;
  readonly #reconcile: ControllerOptions["reconcile"];
  readonly #workers: number;
  readonly #resyncMs: number;
  readonly #observe: Observe;
  readonly #queue = new WorkQueue(RETRY, Math.random);
  readonly #informers = new Set<{ readonly synced: Promise<void> }>();
  readonly #primaries: (() => readonly ObjectKey[])[] = [];
  readonly #visits = new Set<Promise<void>>();
  #state: { readonly kind: "idle" } | { readonly kind: "running"; readonly signal: AbortSignal } = { kind: "idle" };
  #alarm: NodeJS.Timeout | undefined;

  constructor(options: ControllerOptions) {
    this.name = options.name;
    this.#reconcile = options.reconcile;
    this.#workers = options.workers ?? WORKERS;
    this.#resyncMs = options.resyncMs ?? RESYNC_MS;
    this.#observe = options.observe ?? ((): undefined => undefined);
  }

  /** Keys that wait for a worker. */
  get depth(): number {
    return this.#queue.depth;
  }

  /** The objects whose keys are visited. */
  for<T extends KubeObject>(informer: Informer<T>): void {
    this.#primaries.push(() => informer.list().map(keyOf));
    this.watch(informer, (object) => [keyOf(object)]);
  }

  /** When an object of another kind changes, the keys that it belongs to are visited, and those that it belonged to before. */
  watch<T extends KubeObject>(informer: Informer<T>, keysOf: (object: Stored<T>) => readonly ObjectKey[]): void {
    this.#informers.add(informer);
    informer.onChange((change) => {
      const before = change.type === "changed" ? keysOf(change.before) : [];
      for (const text of new Set([...before, ...keysOf(change.object)].map(keyText))) this.#queue.add(text);
      this.#pump();
    });
  }

  enqueue(key: ObjectKey): void {
    this.#queue.add(keyText(key));
    this.#pump();
  }

  /** A visit begins after so long, or later. */
  enqueueAfter(key: ObjectKey, afterMs: number): void {
    this.#queue.addAfter(keyText(key), performance.now() + afterMs);
    this.#pump();
  }

  /** Visits every key that it is `for`. */
  resync(): void {
    for (const keys of this.#primaries) for (const key of keys()) this.enqueue(key);
  }

  /**
   * Begins once the informers are synced; resolves after `signal` was aborted and the visits under way have ended.
   * @throws when an informer was stopped before it was synced
   */
  async run(signal: AbortSignal): Promise<void> {
    const stopped = aborted(signal);
    await Promise.race([stopped, Promise.all([...this.#informers].map(async ({ synced }) => synced))]);
    if (signal.aborted) return;
    this.#state = { kind: "running", signal };
    const resync = setInterval(() => {
      this.resync();
    }, this.#resyncMs);
    this.#pump();
    await stopped;
    clearInterval(resync);
    clearTimeout(this.#alarm);
    this.#state = { kind: "idle" };
    await Promise.all(this.#visits);
  }

  /** Starts as many visits as there are keys and workers for, and sets the alarm for the next. */
  #pump(): void {
    if (this.#state.kind !== "running" || this.#state.signal.aborted) return;
    const { signal } = this.#state;
    while (this.#visits.size < this.#workers) {
      const key = this.#queue.take(performance.now());
      if (key === undefined) break;
      const visit = this.#visit(key, signal).then(() => {
        this.#visits.delete(visit);
        this.#pump();
      });
      this.#visits.add(visit);
    }
    clearTimeout(this.#alarm);
    const dueMs = this.#queue.nextDueMs;
    if (dueMs === undefined || this.#visits.size >= this.#workers) return;
    this.#alarm = setTimeout(
      () => {
        this.#pump();
      },
      Math.max(1, Math.min(dueMs - performance.now(), 2 ** 31 - 1)),
    );
  }

  async #visit(text: string, signal: AbortSignal): Promise<void> {
    const key = keyFromText(text);
    const began = performance.now();
    const end = await this.#attempt(key, signal);
    const now = performance.now();
    const retryMs = this.#queue.done(text, now, end.visit);
    // Whatever a visit throws because it was told to stop is no news.
    if (signal.aborted && "error" in end) return;
    this.#observe({
      type: "reconciled",
      controller: this.name,
      key,
      result: end.result,
      tookMs: now - began,
      depth: this.depth,
      ...("error" in end ? { error: end.error } : {}),
      ...(retryMs === undefined ? {} : { retryMs }),
    });
  }

  async #attempt(key: ObjectKey, signal: AbortSignal): Promise<Attempt> {
    try {
      const outcome = await this.#reconcile(key, signal);
      return { result: outcome.kind, visit: outcome };
    } catch (error) {
      if (error instanceof TerminalError) return { result: "terminal", visit: { kind: "settled" }, error };
      const atLeastMs = error instanceof KubeError ? (error.retryAfterMs ?? 0) : 0;
      return { result: "failed", visit: { kind: "failed", atLeastMs }, error };
    }
  }
}

type Attempt =
  | { readonly result: "settled" | "again"; readonly visit: VisitEnd }
  | { readonly result: "terminal" | "failed"; readonly visit: VisitEnd; readonly error: unknown };

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else
      signal.addEventListener(
        "abort",
        () => {
          resolve();
        },
        { once: true },
      );
  });
}
