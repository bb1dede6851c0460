/**
 * Takes stored payloads that no job, record or aggregate needs: a client wrote its input and never submitted it, an execution stored a result that
 * did not count, or a crash came between storing a payload and the event that names it. Nobody can tell such a payload from one that is about to be named, but by its age: it is taken when two rounds in a
 * row found it unwanted and unchanged, so that an upload that goes on, however slowly, is never touched.
 */
import {
  purgeStream,
  streamsOf,
  subjectsIn,
  subjectsOf,
  type BlobFolder,
  type Bus,
  type Scope,
} from "@troupe/protocol";
import { jobOfBlob } from "../core/release.ts";
import type { Log } from "./log.ts";

/** Far above what a client takes between writing an input and submitting it. */
const EVERY_MS = 30 * 60_000;

export interface SweepOptions {
  readonly bus: Bus;
  readonly scope: Scope;
  readonly log: Log;
  /** Where payloads lie that pass between replicas of this machine; undefined: in the stream. */
  readonly payloads?: BlobFolder | undefined;
  /** Between two rounds. Default 30 minutes: what belongs to nobody stays for one hour at most, and for half of one at least. */
  readonly everyMs?: number | undefined;
  /** Tells of ids of stored payloads whether they may be needed, as things are now. */
  readonly needs: () => (id: string) => boolean;
  /** E8: what an owner knows that nothing confirms may be old. */
  readonly isConfirmed: () => boolean;
}

export class Sweep implements Disposable {
  readonly #options: SweepOptions;
  readonly #timer: NodeJS.Timeout;
  /** What the last round found unwanted: messages by blob id. */
  #unwanted: ReadonlyMap<string, number> = new Map();
  /** Jobs that were refused for now, and when (monotonic): their clients ask again, and their inputs are stored already. */
  readonly #refused = new Map<string, number>();

  constructor(options: SweepOptions) {
    this.#options = options;
    this.#timer = setInterval(() => {
      this.#say(Promise.all([this.#round(), this.#sweepFolder()]));
    }, this.#everyMs);
    // A folder that was kept may hold what a run left that has ended long ago; another that is as short as that one would leave it again.
    this.#say(this.#sweepFolder());
  }

  #say(sweeping: Promise<unknown>): void {
    sweeping.catch((error: unknown) => {
      this.#options.log.warn("stored payloads could not be swept", { error: String(error) });
    });
  }

  get #everyMs(): number {
    return this.#options.everyMs ?? EVERY_MS;
  }

  /** The job's submission was refused, and will be asked for again. */
  refused(job: string): void {
    this.#refused.set(job, performance.now());
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  async #round(): Promise<void> {
    const { bus, scope, isConfirmed, needs, log } = this.#options;
    const { allBlobs, blobsPrefix } = subjectsOf(scope);
    const found = blobsIn(await subjectsIn(bus, streamsOf(scope).blobs, allBlobs), blobsPrefix);
    if (!isConfirmed()) return;
    this.#forgetRefusals();
    const isNeeded = needs();
    const unwanted = new Map([...found].filter(([id]) => !isNeeded(id) && !this.#refused.has(jobOfBlob(id))));
    const taken = [...unwanted].filter(([id, messages]) => this.#unwanted.get(id) === messages).map(([id]) => id);
    this.#unwanted = unwanted;
    for (const id of taken) {
      if (!isConfirmed() || needs()(id)) continue;
      await purgeStream(bus, streamsOf(scope).blobs, { subject: `${blobsPrefix}${id}.*` });
    }
    if (taken.length > 0) log.info("stored payloads that belonged to no job were removed", { payloads: taken.length });
  }

  /** A file is written once, so that its age tells what two rounds tell of a blob. */
  async #sweepFolder(): Promise<void> {
    const { payloads, needs, isConfirmed, log } = this.#options;
    if (payloads === undefined || !isConfirmed()) return;
    const isNeeded = needs();
    const isKept = (id: string): boolean => isNeeded(id) || this.#refused.has(jobOfBlob(id));
    const removed = await payloads.sweep(isKept, Date.now() - 2 * this.#everyMs);
    if (removed > 0) log.info("stored payloads that belonged to no job were removed", { payloads: removed });
  }

  #forgetRefusals(): void {
    const since = performance.now() - this.#everyMs;
    for (const [job, at] of this.#refused) if (at < since) this.#refused.delete(job);
  }
}

/** Messages by blob id, which is `<job>.<slot>.<random>`. */
function blobsIn(subjects: ReadonlyMap<string, number>, prefix: string): Map<string, number> {
  const blobs = new Map<string, number>();
  for (const [subject, messages] of subjects) {
    const id = subject.slice(prefix.length, subject.lastIndexOf("."));
    blobs.set(id, (blobs.get(id) ?? 0) + messages);
  }
  return blobs;
}
