/** A pipeline that runs somewhere: what the conformance cases need of it, on a laptop as on a cluster. */
import type { LogLine, Pipeline, PipelineClient } from "@troupe/sdk";

export interface System extends AsyncDisposable {
  /** Brings timelines with outcomes. */
  readonly client: PipelineClient;
  /** What its replicas have written to their logs so far. */
  readonly lines: readonly LogLine[];
  /** Ends everything. Idempotent; resolves when nothing of it runs any more. */
  close(): Promise<void>;
}

export interface MakeOptions {
  /** What there is to claim. Default: more than any case claims. */
  readonly cpus?: number;
  readonly gpus?: number;
}

/**
 * Starts a pipeline, and resolves when all its replicas are ready.
 * @throws {Error} with `problems` when the pipeline breaks rules; with `code` and `hint` when its claims cannot be granted
 */
export type MakeSystem = (pipeline: Pipeline<string>, options?: MakeOptions) => Promise<System>;
