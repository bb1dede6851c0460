/** The load bucket: who writes there, and who watches it. What it holds is in `load.ts`. */
import {
  isKnown,
  parseGroupReport,
  parsePipelineLoad,
  parsedOrNull,
  parseStall,
  type GroupReport,
  type Heard,
  type LoadView,
  type PipelineLoad,
  type Stall,
} from "../load.ts";
import { groupReportKey, LOAD_BUCKET, loadKey, scopeKey, scopeOfKey, stallKey, type Scope } from "../subjects.ts";
import { subjectOf } from "./buckets.ts";
import { readStream } from "./jetstream.ts";
import type { Bus } from "./port.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const STREAM = `KV_${LOAD_BUCKET}`;
const PREFIX = subjectOf(LOAD_BUCKET, "");
const BATCH = 500;

/** Sent without waiting for an answer, since it is said again within seconds: so are the two below. */
export function writeLoad(bus: Bus, scope: Scope, load: PipelineLoad): void {
  put(bus, loadKey(scope), load);
}

export function writeGroupReport(bus: Bus, scope: Scope, report: GroupReport): void {
  put(bus, groupReportKey(scope, report.group), report);
}

export function writeStall(bus: Bus, scope: Scope, stall: Stall): void {
  put(bus, stallKey(scope), stall);
}

function put(bus: Bus, key: string, value: unknown): void {
  bus.publish(subjectOf(LOAD_BUCKET, key), encoder.encode(JSON.stringify(value)));
}

/** All loads, as they come. */
export interface LoadWatch extends Disposable {
  /** What is known at this moment: nothing that was last heard 15 s ago or longer. */
  known(scope: Scope): LoadView;
  /** What was heard last, however old it is. */
  last(scope: Scope): LoadView;
}

/**
 * Watches the loads of all pipelines. Needs no stream to be there: what is written is also heard as it passes.
 * @param handler called after each entry that was heard, with the pipeline that it is about.
 */
export async function watchLoad(bus: Bus, handler: (scope: Scope) => void): Promise<LoadWatch> {
  const board = new LoadBoard(bus, handler);
  await board.list();
  return board;
}

interface Entries {
  load: Heard<PipelineLoad> | null;
  stalled: Heard<Stall> | null;
  readonly groups: Map<string, Heard<GroupReport>>;
}

class LoadBoard implements LoadWatch {
  readonly #bus: Bus;
  readonly #handler: (scope: Scope) => void;
  readonly #pipelines = new Map<string, Entries>();
  readonly #release: (() => void)[];

  constructor(bus: Bus, handler: (scope: Scope) => void) {
    this.#bus = bus;
    this.#handler = handler;
    const live = bus.subscribe(`${PREFIX}>`, ({ subject, data }) => {
      this.#take(subject, data, performance.now());
    });
    const unlisten = bus.onStatus((status) => {
      // What is not heard is unknown soon enough: a listing that fails is no loss.
      if (status === "connected") this.list().catch(() => undefined);
    });
    this.#release = [
      () => {
        live.unsubscribe();
      },
      unlisten,
    ];
  }

  /** What was written before this watch. Its age is not known, so it does not count as known. */
  async list(): Promise<void> {
    for (let next = 1, batch = await this.#batch(next); batch.length > 0; batch = await this.#batch(next)) {
      for (const { subject, data } of batch) this.#take(subject, data, null);
      next = (batch.at(-1)?.sequence ?? 0) + 1;
    }
  }

  known(scope: Scope): LoadView {
    const now = performance.now();
    const entries = this.#pipelines.get(scopeKey(scope));
    const { load = null, stalled = null } = entries ?? {};
    const isLoadKnown = load !== null && isKnown(load.heardAt, now);
    return {
      load: isLoadKnown ? load.value : null,
      stalled: stalled !== null && isKnown(stalled.heardAt, now) ? stalled.value : null,
      groups: isLoadKnown ? this.#groups(entries, load.value.epoch) : new Map<string, GroupReport>(),
    };
  }

  last(scope: Scope): LoadView {
    const entries = this.#pipelines.get(scopeKey(scope));
    return {
      load: entries?.load?.value ?? null,
      stalled: entries?.stalled?.value ?? null,
      groups: this.#groups(entries, 0),
    };
  }

  [Symbol.dispose](): void {
    for (const release of this.#release) release();
  }

  /** Those that the owner of this epoch, or a later one, has written: who wrote the others has no say any more. */
  #groups(entries: Entries | undefined, epoch: number): Map<string, GroupReport> {
    const reports = [...(entries?.groups ?? [])].map(([name, { value }]) => [name, value] as const);
    return new Map(reports.filter(([, report]) => report.epoch >= epoch));
  }

  /** Empty as well when there is no bucket yet. */
  async #batch(from: number): ReturnType<typeof readStream> {
    return readStream(this.#bus, STREAM, from, BATCH).catch(() => []);
  }

  #take(subject: string, data: Uint8Array, heardAt: number | null): void {
    const key = subject.slice(PREFIX.length);
    const scope = scopeOfKey(key);
    if (scope === null) return;
    if (data.byteLength === 0) this.#pipelines.delete(scopeKey(scope));
    else this.#keep(scope, key.slice(scopeKey(scope).length + 1), decoder.decode(data), heardAt);
    this.#handler(scope);
  }

  #keep(scope: Scope, what: string, text: string, heardAt: number | null): void {
    const key = scopeKey(scope);
    const entries: Entries = this.#pipelines.get(key) ?? { load: null, stalled: null, groups: new Map() };
    this.#pipelines.set(key, entries);
    if (what === "load") entries.load = newer(entries.load, parsedOrNull(parsePipelineLoad, text), heardAt);
    else if (what === "stalled") entries.stalled = heard(entries.stalled, parsedOrNull(parseStall, text), heardAt);
    else this.#keepGroup(entries, parsedOrNull(parseGroupReport, text), heardAt);
  }

  #keepGroup({ groups }: Entries, report: GroupReport | null, heardAt: number | null): void {
    if (report === null) return;
    const kept = newer(groups.get(report.group) ?? null, report, heardAt);
    if (kept !== null) groups.set(report.group, kept);
  }
}

/** What was heard is never replaced by what was only found. */
function heard<T>(before: Heard<T> | null, value: T | null, heardAt: number | null): Heard<T> | null {
  if (value === null || (heardAt === null && before !== null)) return before;
  return { value, heardAt };
}

/** E8: the word of a former owner does not count, unless nothing has been heard since: a journal that was begun anew counts from 1. */
function newer<T extends { readonly epoch: number }>(
  before: Heard<T> | null,
  value: T | null,
  heardAt: number | null,
): Heard<T> | null {
  const isOld = before !== null && value !== null && value.epoch < before.value.epoch;
  if (isOld && isKnown(before.heardAt, heardAt ?? Infinity)) return before;
  return heard(before, value, heardAt);
}
