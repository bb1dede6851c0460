/** What the journal says, held against what happens outside of it: in the replicas, and in the bucket of revisions. */
import type { ExpireEvent, JournalEvent, PageEvent, RetryEvent, SubmitEvent } from "../src/core/events.ts";
import type { Job } from "../src/core/job.ts";
import { outcomeText } from "../src/core/outcome.ts";
import { jobsOfPage } from "../src/core/record.ts";
import type { Clock } from "./clock.ts";
import type { Bucket } from "./guidance.ts";
import { isRetired } from "./known-job.ts";
import type { Ledger } from "./ledger.ts";
import type { Replicas } from "./replicas.ts";
import type { Stream } from "./server.ts";
import { Violation } from "./violation.ts";
import type { Witness } from "./witness.ts";

/** What waits for a replica is not being worked on, but for a message that is on its way. */
const UNDERWAY_MS = 200;

export interface JournalWatchOptions {
  readonly ledger: Ledger;
  readonly witness: Witness;
  readonly replicas: Replicas;
  readonly bucket: Bucket;
  readonly records: Stream;
  readonly clock: Clock;
  /** Unix milliseconds of the beginning. */
  readonly wallStart: number;
}

export class JournalWatch {
  readonly #options: JournalWatchOptions;

  constructor(options: JournalWatchOptions) {
    this.#options = options;
  }

  /** An event was journalled, and counted. */
  counted(event: JournalEvent): void {
    switch (event.type) {
      case "fail": {
        const { witness, replicas, wallStart } = this.#options;
        witness.blamed(event, event.at - wallStart, (instance) => replicas.living(instance) !== undefined);
        return;
      }
      case "expire":
        if (event.failure.code === "QueueTimeout") this.#waitedInVain(event);
        if (event.failure.code === "RevisionRetired") this.#retired(event);
        return;
      case "submit":
        this.#admitted(event);
        return;
      case "retry":
        this.#goesOn(event);
        return;
      case "page":
        this.#recorded(event);
        return;
      case "epoch":
      case "revision":
      case "done":
      case "lease":
      case "cancel":
      case "forget":
      case "release":
      case "snapshot":
        return;
    }
  }

  #admitted({ job }: SubmitEvent): void {
    const { ledger } = this.#options;
    const limit = ledger.get(job).graph.jobs.maxInFlight;
    // Retries go on in spite of the limit.
    const isRetrying = [...ledger.jobs.values()].some(({ lives }) => lives.length > 1);
    if (ledger.state.openJobs > limit && !isRetrying)
      throw new Violation("E10", `${ledger.state.openJobs} jobs are open, though maxInFlight is ${limit}`);
  }

  /** What leaves the fold stands on its page as it ended. */
  #recorded({ page, jobs }: PageEvent): void {
    const { ledger, records } = this.#options;
    const data = records.messages.get(page);
    const recorded = data === undefined ? new Map<string, Job>() : jobsOfPage(data);
    for (const id of jobs) {
      if (ledger.state.index.get(id) !== page) continue;
      const job = recorded.get(id);
      const { end } = ledger.get(id).life;
      if (job === undefined || outcomeText(job, false) !== end)
        throw new Violation(
          "E6",
          `page ${page} does not tell of ${id} what the journal says: ${end ?? "that it is open"}`,
        );
    }
  }

  #waitedInVain({ job, group, at }: ExpireEvent): void {
    const { replicas, clock, ledger, wallStart } = this.#options;
    for (const { group: of, agent, cutUntil } of replicas.open) {
      if (of !== group || !agent.process.isAlive || agent.process.isFrozen || cutUntil > clock.now) continue;
      const work = agent.working(job);
      const lease = ledger.get(job).life.leases.get(group);
      if (work === undefined || (lease !== undefined && lease !== work.lease)) continue;
      const sinceMs = at - wallStart - work.since;
      if (sinceMs > UNDERWAY_MS)
        throw new Violation(
          "E5",
          `${job} expired in the queue of group ${group}, though a replica had worked on it for ${Math.round(sinceMs)} ms`,
        );
    }
  }

  /** Only what needs replicas that were retired fails for it. */
  #retired({ job, group }: ExpireEvent): void {
    const { ledger, bucket } = this.#options;
    const hash = ledger.get(job).graph.groups[group ?? -1]?.templateHash ?? "";
    if (!bucket.everRetired.has(hash))
      throw new Violation(
        "revisions",
        `${job} failed for the template ${hash} of group ${group}, which never was retired`,
      );
  }

  /** What failed because its replicas were retired goes on where there are replicas for what is left of it. */
  #goesOn({ job, revision }: RetryEvent): void {
    const { ledger, bucket } = this.#options;
    const known = ledger.get(job);
    const former = known.lives.at(-2);
    if (former === undefined || !isRetired(former)) return;
    const left = known.graph.groups.filter((group) => ledger.missing(known, group).length > 0);
    if (!bucket.wasServed(left.map(({ templateHash }) => templateHash)))
      throw new Violation("revisions", `${job} was retried on ${revision}, whose replicas are retired`);
  }
}
