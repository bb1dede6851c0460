/** What callers may say, about the connection and about one call. */

export interface ConnectOptions {
  /** `nats://host:port`, or several with commas. */
  readonly nats: string;
  /** Path of a credentials file. Default: none. */
  readonly creds?: string | undefined;
  /** Default `local`, the namespace of every laptop. */
  readonly namespace?: string | undefined;
  readonly pipeline: string;
  /** The Pipeline's uid. Default: that of the newest pipeline of this name, looked up when an input is too large for a message. */
  readonly uid?: string | undefined;
  /** Bring each job's timeline with its outcome. Default false: `timeline()` asks for one. */
  readonly timeline?: boolean | undefined;
  /**
   * How long nobody who owns the pipeline may answer before waiting calls end with a `NoCoordinatorError`. Default 30,000:
   * a new owner takes over within a few seconds.
   */
  readonly coordinatorTimeoutMs?: number | undefined;
}

export interface RunOptions {
  /** `[A-Za-z0-9_-]{1,64}`. The same id again is the same job. Default: a new one. */
  readonly id?: string | undefined;
  /** Aborting cancels the job. It may have ended by then: what the journal saw first counts. */
  readonly signal?: AbortSignal | undefined;
  /** How long to wait; then the job is told to stop, and the call ends with a `JobTimeoutError`. Default: no limit. */
  readonly timeoutMs?: number | undefined;
}

export interface ManyOptions {
  /** Jobs open at a time. Default 256. */
  readonly concurrency?: number | undefined;
  /** Aborting cancels what is open and starts no more. */
  readonly signal?: AbortSignal | undefined;
  /** How long to wait for each job. Default: no limit. */
  readonly timeoutMs?: number | undefined;
}

export interface StreamOptions extends ManyOptions {
  /** `completion`: as they come (default). `input`: in the order of the inputs. */
  readonly order?: "completion" | "input" | undefined;
}
