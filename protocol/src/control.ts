import { Fields } from "./fields.ts";

/** What applies to a pipeline as a whole, whatever the revision: changing it makes no revision. Written by the operator. */
export interface PipelineControl {
  /** Submissions, retries and `process` are refused with `Suspended`; open jobs go on to their end. */
  readonly suspended: boolean;
  /**
   * Template hashes whose replicas are gone for good: open jobs that still need one fail as `RevisionRetired`, and can be retried on the
   * current revision. A hash that the current revision uses is not retired, whatever stands here.
   */
  readonly retired: readonly string[];
}

export const DEFAULT_CONTROL: PipelineControl = { suspended: false, retired: [] };

/** @throws {EnvelopeError} when the value is none. */
export function parseControl(raw: unknown): PipelineControl {
  const fields = new Fields(raw, "control");
  fields.check({ suspended: "boolean", retired: "array" });
  return {
    suspended: fields.get("suspended") === true,
    retired: fields.array("retired").filter((hash) => typeof hash === "string"),
  };
}
