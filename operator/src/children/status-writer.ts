/** Writes a status: one write a visit, none when nothing has changed, counters now and then; the events after it. */
import type { Condition } from "@troupe/model";
import type { Clock } from "../context.ts";
import {
  keyOf,
  keyText,
  type EventRecorder,
  type KubeClient,
  type KubeObject,
  type Resource,
  type Stored,
} from "../kube/index.ts";
import { conditionEvents } from "./condition-events.ts";
import { decideStatus, recentNews, type StatusDecision } from "./status-pace.ts";

const FIELD_MANAGER = "troupe-status";

interface Remembered {
  readonly uid: string;
  readonly status: object;
  /** Version on which it was written; the cache may still show it. */
  readonly before: string;
  readonly writtenMs: number;
  readonly newsMs: readonly number[];
}

interface Facts {
  readonly observed: unknown;
  readonly wanted: object;
  readonly before: Remembered | undefined;
}

interface WithConditions {
  readonly conditions: readonly Condition[];
}

export class StatusWriter<T extends KubeObject & { readonly status?: object }> {
  readonly #resource: Resource<KubeObject>;
  readonly #counters: readonly string[];
  readonly #parts: { readonly client: KubeClient; readonly events: EventRecorder; readonly clock: Clock };
  readonly #remembered = new Map<string, Remembered>();

  /** @param counters fields of the status that count */
  constructor(
    resource: Resource<T>,
    counters: readonly string[],
    parts: { readonly client: KubeClient; readonly events: EventRecorder; readonly clock: Clock },
  ) {
    this.#resource = resource;
    this.#counters = counters;
    this.#parts = parts;
  }

  /** @returns when it has to be written although nothing will have changed; null: it need not. */
  async write(object: Stored<T>, status: WithConditions): Promise<number | null> {
    const { client, events, clock } = this.#parts;
    const key = keyText(keyOf(object));
    const before = this.#rememberedOf(key, object);
    const observed = before?.before === object.metadata.resourceVersion ? before.status : object.status;
    const { decision, newsMs } = this.#decide({ observed, wanted: status, before });
    if (decision.kind === "same") return null;
    if (decision.kind === "later") return decision.afterMs;
    const { apiVersion, kind, metadata } = object;
    const { name, namespace, uid } = metadata;
    const body = {
      apiVersion,
      kind,
      metadata: { name, ...(namespace === undefined ? {} : { namespace }), uid },
      status,
    };
    await client.apply(this.#resource, body, { subresource: "status", fieldManager: FIELD_MANAGER });
    const writtenMs = clock.nowMs();
    this.#remembered.set(key, {
      uid,
      status,
      before: metadata.resourceVersion,
      writtenMs,
      newsMs: decision.isNews ? [...newsMs, writtenMs] : newsMs,
    });
    for (const fact of conditionEvents({ status: observed }, status.conditions)) events.record(object, fact);
    return null;
  }

  #decide({ observed, wanted, before }: Facts): { decision: StatusDecision; newsMs: readonly number[] } {
    const nowMs = this.#parts.clock.nowMs();
    const newsMs = recentNews(before?.newsMs ?? [], nowMs);
    const writtenMs = before?.writtenMs ?? null;
    return { decision: decideStatus({ observed, wanted, counters: this.#counters, writtenMs, newsMs, nowMs }), newsMs };
  }

  /** What an object of the same name had that is gone is forgotten. */
  #rememberedOf(key: string, { metadata: { uid } }: Stored<T>): Remembered | undefined {
    const remembered = this.#remembered.get(key);
    return remembered?.uid === uid ? remembered : undefined;
  }

  forget(key: string): void {
    this.#remembered.delete(key);
  }
}
