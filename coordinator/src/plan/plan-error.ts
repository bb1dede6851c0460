export type PlanErrorCode =
  | "InvalidDurations" // no number, negative, or an empty list
  | "InvalidJobs" // not a whole number, or too many
  | "InvalidReplicas" // no such group, not a whole number, or none at all
  | "InvalidTimeline" // what should be a timeline is none
  | "MissingDurations"; // modules of which nobody said how long they take

/** What keeps a pipeline from being planned. `hint` says what to do about it, and ends the message too. */
export class PlanError extends Error {
  override readonly name = "PlanError";
  readonly code: PlanErrorCode;
  readonly hint: string;

  constructor(code: PlanErrorCode, message: string, hint: string) {
    super(`${message}. ${hint}`);
    this.code = code;
    this.hint = hint;
  }
}
