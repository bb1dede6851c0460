/**
 * Follows the objects of a kind in one namespace, or in all: lists them, then watches from there. Whatever fails is tried again, with growing and
 * spread delays; only a version that the server no longer knows makes it list anew.
 */
import { setTimeout as delay } from "node:timers/promises";
import { backoffMs } from "./backoff.ts";
import { type KubeClient } from "./client.ts";
import { KubeError } from "./error.ts";
import { type KubeObject, type Stored } from "./object.ts";
import { type Observe } from "./observation.ts";
import { type Resource } from "./resource.ts";
import { type WatchEvent } from "./watch-event.ts";

export interface ReflectorOptions<T extends KubeObject> {
  readonly client: KubeClient;
  readonly resource: Resource<T>;
  /** Empty: all. */
  readonly namespace: string;
  readonly labelSelector: string | undefined;
  readonly windowMs: number;
  readonly observe: Observe;
  /** All that there is. */
  readonly onList: (objects: readonly Stored<T>[]) => void;
  readonly onEvent: (event: Exclude<WatchEvent<T>, { readonly type: "bookmark" }>) => void;
}

const RETRY = { baseMs: 500, maxMs: 10_000 };
/** A server that ends a watch sooner, having said nothing, is in trouble: it is asked again as after a failure. */
const SHORT_MS = 1_000;
/** Refusals in a row, after which even a version that nobody called too old is given up. */
const PATIENCE = 5;
/** Should a server ever have kept something from us, it is known after so long. */
const RELIST_MS = 3_600_000;

/** Resolves once `signal` is aborted; nothing else ends it. */
export async function reflect<T extends KubeObject>(options: ReflectorOptions<T>, signal: AbortSignal): Promise<void> {
  const reflector = new Reflector(options, signal);
  while (!signal.aborted) await reflector.step();
}

class Reflector<T extends KubeObject> {
  readonly #options: ReflectorOptions<T>;
  readonly #signal: AbortSignal;
  /** What is known is all up to here; undefined: it has to be listed. */
  #version: string | undefined;
  #relistAt = 0;
  /** Since anything was heard. */
  #failures = 0;
  /** Those of them that were answers: a server that is gone, or busy, says nothing of the version. */
  #refusals = 0;

  constructor(options: ReflectorOptions<T>, signal: AbortSignal) {
    this.#options = options;
    this.#signal = signal;
  }

  async step(): Promise<void> {
    try {
      if (this.#version === undefined || performance.now() > this.#relistAt) await this.#list();
      else await this.#watch(this.#version);
    } catch (error) {
      if (!this.#signal.aborted) await this.#recover(error);
    }
  }

  async #list(): Promise<void> {
    const { client, resource, namespace, labelSelector } = this.#options;
    const signal = this.#signal;
    const list = await client.list(resource, { namespace, labelSelector, signal });
    if (signal.aborted) return;
    this.#options.onList(list.items);
    this.#version = list.resourceVersion;
    this.#relistAt = performance.now() + RELIST_MS * (0.75 + Math.random() / 2);
    this.#good();
    this.#options.observe({ type: "listed", resource: resource.plural, namespace, objects: list.items.length });
  }

  async #watch(resourceVersion: string): Promise<void> {
    const { client, resource, namespace, labelSelector } = this.#options;
    const windowMs = this.#options.windowMs * (0.75 + Math.random() / 4);
    const began = performance.now();
    let heard = false;
    const events = client.watch(resource, {
      namespace,
      labelSelector,
      resourceVersion,
      windowMs,
      signal: this.#signal,
    });
    for await (const event of events) {
      if (this.#signal.aborted) return;
      this.#take(event);
      this.#good();
      heard = true;
    }
    if (!heard && performance.now() - began < SHORT_MS) {
      const message = `watch of ${resource.plural}: the server ended it at once`;
      throw new KubeError({ status: 0, reason: "Unreachable", message });
    }
    this.#good();
  }

  #good(): void {
    this.#failures = 0;
    this.#refusals = 0;
  }

  #take(event: WatchEvent<T>): void {
    if (event.type === "bookmark") {
      this.#version = event.resourceVersion;
    } else {
      this.#options.onEvent(event);
      this.#version = event.object.metadata.resourceVersion;
    }
  }

  async #recover(error: unknown): Promise<void> {
    this.#failures += 1;
    if (!isOutage(error)) this.#refusals += 1;
    if (isExpired(error) || this.#refusals >= PATIENCE) this.#version = undefined;
    const asked = error instanceof KubeError ? (error.retryAfterMs ?? 0) : 0;
    const retryMs = asked + backoffMs(this.#failures, RETRY, Math.random());
    const { observe, resource, namespace } = this.#options;
    observe({ type: "watch-failed", resource: resource.plural, namespace, error, retryMs });
    // Aborted while it waits: the loop sees it.
    await delay(retryMs, undefined, { signal: this.#signal }).catch(() => undefined);
  }
}

function isExpired(error: unknown): boolean {
  return error instanceof KubeError && error.isExpired;
}

function isOutage(error: unknown): boolean {
  return error instanceof KubeError && [0, 429, 502, 503].includes(error.status);
}
