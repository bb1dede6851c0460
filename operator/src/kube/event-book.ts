/** Which Events are to be written: equal facts about an object are one that counts, and an object that never stops talking is cut short. */
import { type KubeEvent } from "./builtin.ts";
import { microTime } from "./micro-time.ts";
import { type KubeObject, type ObjectKey, type Stored } from "./object.ts";

export interface EventFact {
  readonly type: "Normal" | "Warning";
  /** One word in CamelCase: `ScaledUp`. */
  readonly reason: string;
  /** What the program was doing, in one word. @default "Reconcile" */
  readonly action?: string | undefined;
  /** In words for people; cut off after 1024 bytes. */
  readonly note: string;
}

export interface EventSource {
  /** Name of the program, such as `troupe.dev/operator`. */
  readonly controller: string;
  /** Name of the process: its pod. */
  readonly instance: string;
}

/** What has to be written next. `seen`: of how often it tells. */
export type EventWrite =
  | { readonly kind: "create"; readonly series: Series; readonly seen: number; readonly event: KubeEvent }
  | {
      readonly kind: "count";
      readonly series: Series;
      readonly seen: number;
      readonly key: ObjectKey;
      readonly body: object;
    };

interface Series {
  readonly id: string;
  readonly event: KubeEvent;
  count: number;
  lastMs: number;
  /** How often as the server knows; 0: it knows nothing of it. */
  written: number;
  writtenMs: number;
}

/** An equal fact after so long is news again. */
const SERIES_MS = 360_000;
/** A count is written so often at most. */
const COUNT_EVERY_MS = 10_000;
/** Events of one object at once, and after how long there may be one more. */
const BURST = 25;
const REFILL_MS = 300_000;
const MAX_SERIES = 1_000;
const MAX_NOTE_BYTES = 1_024;

export class EventBook {
  readonly #source: EventSource;
  readonly #series = new Map<string, Series>();
  readonly #allowances = new Map<string, { left: number; atMs: number }>();

  constructor(source: EventSource) {
    this.#source = source;
  }

  /**
   * @param nonce makes the Event's name its own
   * @returns false when it was dropped, because there were too many
   */
  record(regarding: Stored<KubeObject>, fact: EventFact, nowMs: number, nonce: string): boolean {
    const id = JSON.stringify([regarding.metadata.uid, fact.type, fact.reason, fact.action, fact.note]);
    const known = this.#series.get(id);
    if (known !== undefined && nowMs - known.lastMs < SERIES_MS) {
      known.count += 1;
      known.lastMs = nowMs;
      return true;
    }
    if (!this.#allow(regarding.metadata.uid, nowMs)) return false;
    const event = eventOf(regarding, fact, this.#source, { nowMs, nonce });
    // Last in the map: the one that has been quiet for longest goes first.
    this.#series.delete(id);
    this.#series.set(id, { id, event, count: 1, lastMs: nowMs, written: 0, writtenMs: 0 });
    this.#forget(nowMs);
    return true;
  }

  /** @param all also counts that would have waited: it is the last time */
  next(nowMs: number, all = false): EventWrite | undefined {
    for (const series of this.#series.values()) {
      const { event, count: seen } = series;
      if (series.written === 0) return { kind: "create", series, seen, event: counted(series) };
      if (seen === series.written || (!all && nowMs - series.writtenMs < COUNT_EVERY_MS)) continue;
      const { namespace = "", name } = event.metadata;
      return { kind: "count", series, seen, key: { namespace, name }, body: { series: seriesOf(series) } };
    }
    return undefined;
  }

  wrote({ series, seen }: EventWrite, nowMs: number): void {
    series.written = seen;
    series.writtenMs = nowMs;
  }

  /** It cannot be written; an equal fact is tried anew. */
  drop({ series }: EventWrite): void {
    this.#series.delete(series.id);
  }

  #allow(uid: string, nowMs: number): boolean {
    const before = this.#allowances.get(uid) ?? { left: BURST, atMs: nowMs };
    const left = Math.min(BURST, before.left + (nowMs - before.atMs) / REFILL_MS);
    const allowed = left >= 1;
    this.#allowances.set(uid, { left: allowed ? left - 1 : left, atMs: nowMs });
    return allowed;
  }

  #forget(nowMs: number): void {
    for (const [id, series] of this.#series) {
      const isOver = series.written === series.count && nowMs - series.lastMs >= SERIES_MS;
      if (isOver || this.#series.size > MAX_SERIES) this.#series.delete(id);
    }
    for (const [uid, { left, atMs }] of this.#allowances)
      if (left + (nowMs - atMs) / REFILL_MS >= BURST) this.#allowances.delete(uid);
  }
}

function counted(series: Series): KubeEvent {
  return series.count === 1 ? series.event : { ...series.event, series: seriesOf(series) };
}

function seriesOf({ count, lastMs }: Series): NonNullable<KubeEvent["series"]> {
  return { count, lastObservedTime: microTime(lastMs) };
}

function eventOf(
  { apiVersion, kind, metadata }: Stored<KubeObject>,
  fact: EventFact,
  source: EventSource,
  { nowMs, nonce }: { readonly nowMs: number; readonly nonce: string },
): KubeEvent {
  const { name, namespace, uid, resourceVersion } = metadata;
  return {
    apiVersion: "events.k8s.io/v1",
    kind: "Event",
    // What is in no namespace has its Events in the default one.
    metadata: { namespace: namespace ?? "default", name: `${name}.${nonce}` },
    eventTime: microTime(nowMs),
    type: fact.type,
    reason: fact.reason,
    action: fact.action ?? "Reconcile",
    note: cut(fact.note),
    regarding: { apiVersion, kind, name, uid, resourceVersion, ...(namespace === undefined ? {} : { namespace }) },
    reportingController: source.controller,
    reportingInstance: source.instance,
  };
}

function cut(note: string): string {
  const bytes = new TextEncoder().encode(note);
  if (bytes.length <= MAX_NOTE_BYTES) return note;
  // A character that the cut goes through is dropped whole.
  const kept = new TextDecoder().decode(bytes.subarray(0, MAX_NOTE_BYTES - 3)).replace(/\uFFFD$/, "");
  return `${kept}…`;
}
