/** Pages of ended jobs in the records stream. */
import {
  BusTimeoutError,
  NoRespondersError,
  appendToStream,
  isInline,
  purgeStream,
  readStream,
  streamsOf,
  subjectsOf,
  type BlobStore,
  type Bus,
  type Payload,
  type Scope,
} from "@troupe/protocol";
import type { Job } from "../core/job.ts";
import { keptOutputs, recordBytes } from "../core/job-codec.ts";
import { encodePage, jobsOfPage } from "../core/record.ts";
import { sealed, unsealed } from "./checksum.ts";

/** Pages kept in memory after they were read: who asks for one record often asks for its neighbours. */
const CACHED_PAGES = 4;

/** When a page may be readable again that NATS did not bring. */
const RETRY_MS = 1_000;

/** Part of what a message carries that one record may take with its payloads. */
const RECORD_PART = 4;

export interface WrittenPage {
  /** Its sequence in the stream. */
  readonly page: number;
  /** The jobs as they stand on it. */
  readonly jobs: readonly Job[];
}

type Page = ReadonlyMap<string, Job>;

/** `retryAfterMs`: NATS did not answer, and may later. */
export type Found = { readonly job: Job | undefined } | { readonly why: string; readonly retryAfterMs?: number };

export class Records {
  readonly #bus: Bus;
  readonly #scope: Scope;
  readonly #blobs: BlobStore;
  /** In order of their last use, oldest first; also those on their way. */
  readonly #pages = new Map<number, Promise<Page>>();

  constructor(bus: Bus, scope: Scope, blobs: BlobStore) {
    this.#bus = bus;
    this.#scope = scope;
    this.#blobs = blobs;
  }

  async write(jobs: readonly Job[]): Promise<WrittenPage> {
    const fitting = await Promise.all(jobs.map(async (job) => this.#fitting(job)));
    const page = await appendToStream(this.#bus, subjectsOf(this.#scope).records, sealed(encodePage(fitting)));
    return { page, jobs: fitting };
  }

  /** E10: what is kept of a job may be more than a message carries; then its payloads are stored, however small each is. */
  async #fitting(job: Job): Promise<Job> {
    if (recordBytes(job) <= this.#bus.maxPayload / RECORD_PART) return job;
    const store = async (payload: Payload, slot: string): Promise<Payload> =>
      isInline(payload) ? this.#blobs.put({ job: job.id, slot }, payload.kind, payload.bytes) : payload;
    const outputs: Job["outputs"] = [...job.outputs];
    for (const module of keptOutputs(job)) {
      const output = outputs[module];
      if (output !== undefined) outputs[module] = await store(output, String(module));
    }
    return { ...job, outputs };
  }

  /** @returns the job; undefined when its page is gone; or why nobody can know. */
  async read(page: number, job: string): Promise<Found> {
    try {
      return { job: (await this.#page(page)).get(job) };
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      const isTransient = error instanceof BusTimeoutError || error instanceof NoRespondersError;
      return { why, ...(isTransient ? { retryAfterMs: RETRY_MS } : {}) };
    }
  }

  async purge(below: number): Promise<void> {
    await purgeStream(this.#bus, streamsOf(this.#scope).records, { belowSequence: below });
  }

  #page(number: number): Promise<Page> {
    const known = this.#pages.get(number);
    const page = known ?? this.#fetch(number);
    this.#pages.delete(number);
    this.#pages.set(number, page);
    if (known === undefined) page.catch(() => this.#pages.delete(number));
    for (const oldest of this.#pages.keys()) {
      if (this.#pages.size <= CACHED_PAGES) break;
      this.#pages.delete(oldest);
    }
    return page;
  }

  async #fetch(number: number): Promise<Page> {
    const [message] = await readStream(this.#bus, streamsOf(this.#scope).records, number, 1);
    return message?.sequence === number ? jobsOfPage(unsealed(message.data, `page ${number}`)) : new Map();
  }
}
