/** Where actors live: on this machine, started for the program; or in a group that is there. */
import type { Scope } from "@troupe/protocol";
import type { LogLevel, LogLine } from "../build/local-settings.ts";

export interface ActorSettings {
  /** NATS of a group that is there: then nothing is started. Default: `$TROUPE_NATS_URL`; without it, everything runs on this machine. */
  readonly nats?: string;
  /** Path of a credentials file, for `nats`. Default: `$TROUPE_NATS_CREDS`, else none. */
  readonly creds?: string;
  /** Default: `$TROUPE_NAMESPACE`, else `local`. */
  readonly namespace?: string;
  /** Name of the group. Default: `$TROUPE_GROUP`, else `actors`. */
  readonly group?: string;
  /** CPUs that actors may claim. Default: the cores of this machine. */
  readonly cpus?: number;
  /** GPUs that actors may claim. Default: those that the NVIDIA driver shows. */
  readonly gpus?: number;
  /** Path of nats-server. Default: as for pipelines. */
  readonly natsServer?: string;
  readonly natsPort?: number;
  /** Keep names and deaths in this folder, and go on from what is there. Default: a folder that goes with the group. */
  readonly storeDir?: string;
  /** Of the coordinator. Default `error`. */
  readonly logLevel?: LogLevel;
  /** Processes that wait for an actor, so that it begins quickly. Default 1. */
  readonly spares?: number;
  /** What actors print. Default: it goes to the standard error, each line with its actor. */
  readonly onLog?: (line: LogLine) => void;
}

/** A group that was started on this machine. */
export interface StartedGroup {
  readonly natsUrl: string;
  readonly scope: Scope;
  /** Where shared objects lie. */
  readonly sharedFolder: string;
  /** Resolves when everything that was started has ended, and nobody had asked for it; says how. */
  readonly lost: Promise<string>;
  /** Process ids by name: `nats`, `coordinator-0`, and the ids of actors. */
  processes(): Promise<Readonly<Record<string, number>>>;
  /** Sends a signal to a process; nats-server and the coordinator are started again. */
  kill(name: string, signal: NodeJS.Signals): void;
  close(): Promise<void>;
}
