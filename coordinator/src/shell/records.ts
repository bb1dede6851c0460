/** Pages of ended jobs in the records stream. */
import { appendToStream, purgeStream, readStream, streamsOf, subjectsOf, type Bus, type Scope } from "@troupe/protocol";
import type { Job } from "../core/job.ts";
import { encodePage, recordOf } from "../core/record.ts";
import { sealed, unsealed } from "./checksum.ts";

export class Records {
  readonly #bus: Bus;
  readonly #scope: Scope;

  constructor(bus: Bus, scope: Scope) {
    this.#bus = bus;
    this.#scope = scope;
  }

  /** @returns the page's number: its sequence in the stream. */
  async write(jobs: readonly Job[]): Promise<number> {
    return appendToStream(this.#bus, subjectsOf(this.#scope).records, sealed(encodePage(jobs)));
  }

  /** @returns undefined when the page is gone. */
  async read(page: number, job: string): Promise<Job | undefined> {
    const [message] = await readStream(this.#bus, streamsOf(this.#scope).records, page, 1);
    return message?.sequence === page ? recordOf(unsealed(message.data, `page ${page}`), job) : undefined;
  }

  async purge(below: number): Promise<void> {
    await purgeStream(this.#bus, streamsOf(this.#scope).records, { belowSequence: below });
  }
}
