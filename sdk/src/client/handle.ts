/** A job that was submitted: what can be asked of it. */
import type { JobOutcome, JobResult, Span } from "./outcome.ts";
import type { JobStatus } from "./status.ts";

export interface JobHandle<Result extends JobResult = JobResult> {
  readonly id: string;
  /** The revision that it was submitted to and keeps; null when this handle did not submit it. */
  readonly revision: string | null;
  /**
   * Waits for the end. @throws {JobFailedError} @throws {JobCancelledError}
   * @throws {NoCoordinatorError} when nobody answers any more; the job may still end well
   */
  result(): Promise<Result>;
  /** Waits for the end, however it ends. */
  outcome(): Promise<JobOutcome<Result>>;
  status(): Promise<JobStatus>;
  /** Asks for the job to be cancelled. @returns the state that won: it may have ended before. */
  cancel(): Promise<JobStatus["state"]>;
  /** What ran so far, module by module. */
  timeline(): Promise<readonly Span[]>;
}
