/** How a failure is treated: `retryable` ones are tried again up to `maxAttempts`; `terminal` ones end the job. */
export type FailureKind = "terminal" | "retryable";

/**
 * Codes of what can go wrong with a running job. Codes are never reused; `docs/errors.md` explains each.
 */
export type FailureCode =
  | "ModuleError" // the module threw
  | "ModuleTimeout" // the module ran longer than its timeout
  | "BlockTimeout" // the group's block ran longer than its timeout
  | "JobTimeout" // the job was not done within jobs.timeoutSeconds
  | "QueueTimeout" // a ready block waited longer than jobs.queueTimeoutSeconds
  | "HostExited" // the module ended its host: process.exit, native crash
  | "HostOutOfMemory" // the host ran out of memory
  | "HostUnresponsive" // the module ignored its AbortSignal and was ended
  | "ReplicaLost" // the replica's process or pod died while the block ran
  | "ResultNotEncodable" // the module returned what neither JSON nor bytes can carry
  | "PayloadUnavailable" // a stored payload could not be read or written
  | "BootstrapFailed" // bootstrap or loading the module's code failed
  | "RevisionRetired" // the revision's replicas are gone
  | "EncodingFailed"; // the engine could not encode a message of the job

/** A failure as data, as it travels and is journalled. */
export interface Failure {
  readonly code: FailureCode;
  readonly message: string;
  readonly kind: FailureKind;
  /** The user's stack trace, when there is one. */
  readonly stack?: string;
}
