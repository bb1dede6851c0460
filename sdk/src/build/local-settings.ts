/** What can be said about a system on this machine, and what it says: shared with the package that runs it. */

export type LogLevel = "debug" | "info" | "warn" | "error";

/** One line of one process. */
export interface LogLine {
  /** `nats`, `coordinator-0`, or the name of a replica. */
  readonly source: string;
  /** Null: no log line, but what user code or a library printed. */
  readonly level: LogLevel | null;
  readonly message: string;
  /** Everything else that stood in the line: job, module, attempt, … */
  readonly fields: Readonly<Record<string, unknown>>;
}

/** What happens to the processes of a system. */
export type LocalEvent =
  | { readonly type: "exited"; readonly process: string; readonly pid: number; readonly reason: string }
  | { readonly type: "restarted"; readonly process: string; readonly pid: number }
  /** It could not be started again; that is tried on and on. */
  | { readonly type: "restart-failed"; readonly process: string; readonly error: Error };

/** One process of the system. */
export interface LocalProcess {
  /** `nats`, `coordinator-0`, or the name of a replica. */
  readonly name: string;
  readonly role: "nats" | "coordinator" | "replica";
  /** Of a replica; null otherwise. */
  readonly group: string | null;
  /** Null while it is being started again. */
  readonly pid: number | null;
  readonly restarts: number;
}

export interface LocalSettings {
  /** CPUs that may be claimed. Default: the cores of this machine. */
  readonly cpus?: number | undefined;
  /** GPUs that may be claimed. Default: those that the NVIDIA driver shows. */
  readonly gpus?: number | undefined;
  /** Path of nats-server. Default: `$NATS_SERVER`, PATH, `.troupe/tools`, where `go install` puts it. */
  readonly natsServer?: string | undefined;
  /** Port of nats-server. Default: a free one. */
  readonly natsPort?: number | undefined;
  /** Keep the state in this folder, and go on from what is there. Default: a folder that goes with the system. */
  readonly storeDir?: string | undefined;
  /** From which level on the processes write log lines. Default `warn`; without `onLog`, when they go to stderr, `info`. */
  readonly logLevel?: LogLevel | undefined;
  readonly onLog?: ((line: LogLine) => void) | undefined;
  readonly onEvent?: ((event: LocalEvent) => void) | undefined;
  /** How long `close` waits for blocks that run. Default 2,000; what has not ended then is ended. */
  readonly drainMs?: number | undefined;
}
