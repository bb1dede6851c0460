/** What callers may say about a system on this machine. */
import type { Revision } from "@troupe/model";
import type { LocalEvent } from "./events.ts";
import type { LogLevel, LogLine } from "./log-line.ts";

export interface LocalOptions {
  readonly revision: Revision;
  /** Files and folders that register the types of the revision's modules. */
  readonly moduleFiles: readonly string[];
  /** CPUs that may be claimed. Default: the cores of this machine. */
  readonly cpus?: number | undefined;
  /** GPUs that may be claimed. Default: those that the NVIDIA driver shows. */
  readonly gpus?: number | undefined;
  /** Path of nats-server. Default: looked for, see `findNatsServer`. */
  readonly natsServer?: string | undefined;
  /** Port of nats-server. Default: a free one. */
  readonly natsPort?: number | undefined;
  /** Keep the state in this folder, and go on from what is there. Default: a folder that goes with the system. */
  readonly storeDir?: string | undefined;
  /** From which level on the processes write log lines. Default `warn`. */
  readonly logLevel?: LogLevel | undefined;
  readonly onLog?: ((line: LogLine) => void) | undefined;
  readonly onEvent?: ((event: LocalEvent) => void) | undefined;
  /** How long `close` waits for blocks that run. Default 2,000; what has not ended then is ended. */
  readonly drainMs?: number | undefined;
}
