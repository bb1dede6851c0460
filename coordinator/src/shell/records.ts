/** Pages of ended jobs in the records stream. */
import {
  BusTimeoutError,
  NoRespondersError,
  appendToStream,
  purgeStream,
  readStream,
  streamsOf,
  subjectsOf,
  type Bus,
  type Scope,
} from "@troupe/protocol";
import type { Job } from "../core/job.ts";
import { encodePage, jobsOfPage } from "../core/record.ts";
import { sealed, unsealed } from "./checksum.ts";

/** Pages kept in memory after they were read: who asks for one record often asks for its neighbours. */
const CACHED_PAGES = 4;

/** When a page may be readable again that NATS did not bring. */
const RETRY_MS = 1_000;

type Page = ReadonlyMap<string, Job>;

/** `retryAfterMs`: NATS did not answer, and may later. */
export type Found = { readonly job: Job | undefined } | { readonly why: string; readonly retryAfterMs?: number };

export class Records {
  readonly #bus: Bus;
  readonly #scope: Scope;
  /** In order of their last use, oldest first; also those on their way. */
  readonly #pages = new Map<number, Promise<Page>>();

  constructor(bus: Bus, scope: Scope) {
    this.#bus = bus;
    this.#scope = scope;
  }

  /** @returns the page's number: its sequence in the stream. */
  async write(jobs: readonly Job[]): Promise<number> {
    return appendToStream(this.#bus, subjectsOf(this.#scope).records, sealed(encodePage(jobs)));
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
