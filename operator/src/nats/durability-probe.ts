/** Asks NATS what shows its durability: not more often than is useful. */
import { isPlainObject } from "@troupe/model";
import { streamReplicas, streamsOf, type Bus, type Scope } from "@troupe/protocol";
import { at } from "../children/read.ts";
import { durabilityOf, type Durability, type NatsStore, type SyncMode } from "./durability.ts";

/** How long an answer is believed. */
const BELIEVED_MS = 60_000;
const TIMEOUT_MS = 3_000;

export interface DurabilityProbeOptions {
  readonly store: NatsStore;
  /** Where the servers' monitoring is, as `http://host:8222`: of all of them, for one alone says nothing of the others. */
  readonly monitorUrls: readonly string[];
  /** Unix milliseconds. */
  readonly nowMs: () => number;
}

interface Sync {
  readonly sync: SyncMode;
  readonly why: string | null;
}

export class DurabilityProbe {
  readonly #options: DurabilityProbeOptions;
  /** By uid of the pipeline. */
  readonly #replicas = new Map<string, { readonly replicas: number; readonly atMs: number }>();
  #sync: { readonly atMs: number; readonly answer: Promise<Sync> } | undefined;

  constructor(options: DurabilityProbeOptions) {
    this.#options = options;
  }

  /** @param bus null: NATS is not there */
  async of(bus: Bus | null, scope: Scope): Promise<Durability> {
    const { store } = this.#options;
    if (store !== "external") return durabilityOf({ store, sync: null, why: null, replicas: null });
    if (bus === null) return { kind: "unasked" };
    const [{ sync, why }, replicas] = await Promise.all([this.#syncMode(), this.#replicasOf(bus, scope)]);
    return durabilityOf({ store, sync, why, replicas });
  }

  forget(uid: string): void {
    this.#replicas.delete(uid);
  }

  async #replicasOf(bus: Bus, scope: Scope): Promise<number | null> {
    const nowMs = this.#options.nowMs();
    const known = this.#replicas.get(scope.uid);
    if (known !== undefined && nowMs - known.atMs < BELIEVED_MS) return known.replicas;
    const { journal, snapshots, records, blobs } = streamsOf(scope);
    const names = [journal, snapshots, records, blobs];
    const found = await Promise.all(names.map(async (name) => streamReplicas(bus, name)));
    const counts = found.filter((count) => count !== null);
    if (counts.length < found.length) return null;
    const replicas = Math.min(...counts);
    this.#replicas.set(scope.uid, { replicas, atMs: nowMs });
    return replicas;
  }

  async #syncMode(): Promise<Sync> {
    const nowMs = this.#options.nowMs();
    if (this.#sync === undefined || nowMs - this.#sync.atMs >= BELIEVED_MS)
      this.#sync = { atMs: nowMs, answer: syncOfAll(this.#options.monitorUrls) };
    return this.#sync.answer;
  }
}

async function syncOfAll(urls: readonly string[]): Promise<Sync> {
  if (urls.length === 0) return { sync: null, why: null };
  const answers = await Promise.all(urls.map(syncOf));
  return (
    answers.find(({ sync }) => sync === "later") ??
    answers.find(({ sync }) => sync === null) ?? { sync: "always", why: null }
  );
}

/** As nats-server's monitoring says it (`/jsz`). What goes wrong is the answer: it is shown to whoever reads the condition. */
async function syncOf(url: string): Promise<Sync> {
  try {
    const response = await fetch(new URL("/jsz?config=true", url), { signal: AbortSignal.timeout(TIMEOUT_MS) });
    if (!response.ok) return { sync: null, why: `${url} answered ${response.status}` };
    const body: unknown = await response.json();
    const config = at(body, "config");
    if (!isPlainObject(config)) return { sync: null, why: `${url} says nothing of a JetStream configuration` };
    return { sync: config["sync_always"] === true ? "always" : "later", why: null };
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return { sync: null, why: `${url} does not answer: ${cause instanceof Error ? cause.message : String(cause)}` };
  }
}
