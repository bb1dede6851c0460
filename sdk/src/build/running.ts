/** A pipeline that was started: its client, and what was started for it. */
import { PipelineClient, type ClientSettings } from "../client/client.ts";
import type { JobResult } from "../client/outcome.ts";
import type { LocalProcess } from "./local-settings.ts";

/** The system that runs on this machine for one pipeline, as far as callers need it. */
export interface StartedSystem {
  readonly natsUrl: string;
  readonly scope: { readonly namespace: string; readonly pipeline: string; readonly uid: string };
  processes(): readonly LocalProcess[];
  /** Sends a signal to one process; what it ends is started again. */
  kill(name: string, signal: NodeJS.Signals): void;
  close(): Promise<void>;
}

/** Runs jobs, as every client does; closing it also ends what was started for it. */
export class RunningPipeline<Result extends JobResult = JobResult> extends PipelineClient<Result> {
  /** What runs on this machine for it; null when it is connected to a coordinator elsewhere. */
  readonly local: StartedSystem | null;
  readonly #release: () => Promise<void>;
  #closing: Promise<void> | undefined;

  constructor(settings: ClientSettings, local: StartedSystem | null, release: () => Promise<void>) {
    super(settings);
    this.local = local;
    this.#release = release;
  }

  /** Ends what waits, then the system: what runs is given its drain time. Idempotent. */
  override close(): Promise<void> {
    this.#closing ??= this.#closeAll();
    return this.#closing;
  }

  async #closeAll(): Promise<void> {
    await super.close();
    await this.#release();
  }
}
