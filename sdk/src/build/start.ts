/** Starts a pipeline: on this machine, or by connecting to where it runs. */
import { openClient } from "../client/connect.ts";
import type { JobResult } from "../client/outcome.ts";
import type { Draft } from "./draft.ts";
import { StartError } from "./errors.ts";
import type { LocalSettings } from "./local-settings.ts";
import { moduleFilesOf } from "./module-files.ts";
import { prepareRevision } from "./prepare.ts";
import { RunningPipeline } from "./running.ts";

/** Where and how a pipeline runs. */
export interface StartOptions extends LocalSettings {
  /** Connect to the coordinator that owns this pipeline there, and start nothing. Default: run everything on this machine. */
  readonly nats?: string | undefined;
  /** Path of a credentials file, for `nats`. */
  readonly creds?: string | undefined;
  /** Default `local`. */
  readonly namespace?: string | undefined;
  /** Bring each job's timeline with its outcome. Default false. */
  readonly timeline?: boolean | undefined;
  /** How long nobody may answer before waiting calls end. Default 30,000. */
  readonly coordinatorTimeoutMs?: number | undefined;
}

export async function startPipeline<Result extends JobResult>(
  draft: Draft,
  options: StartOptions,
): Promise<RunningPipeline<Result>> {
  return options.nats === undefined ? startHere(draft, options) : connectThere(draft, options.nats, options);
}

async function connectThere<Result extends JobResult>(
  draft: Draft,
  nats: string,
  options: StartOptions,
): Promise<RunningPipeline<Result>> {
  const { creds, namespace, timeline, coordinatorTimeoutMs } = options;
  const pipeline = draft.manifest.metadata.name;
  const settings = await openClient({ nats, creds, namespace, pipeline, timeline, coordinatorTimeoutMs });
  return new RunningPipeline<Result>(settings, null, async () => undefined);
}

async function startHere<Result extends JobResult>(
  draft: Draft,
  options: StartOptions,
): Promise<RunningPipeline<Result>> {
  const { namespace = "local", timeline, coordinatorTimeoutMs } = options;
  const local = await import("@troupe/local").catch(explainMissing);
  await using cleanup = new AsyncDisposableStack();
  const modules = await moduleFilesOf(draft);
  cleanup.defer(async () => modules.release());
  const revision = await prepareRevision(draft, modules.files, namespace, local.describeModules);
  const log = options.onLog === undefined ? { onLog: local.logToStderr, logLevel: options.logLevel ?? "info" } : {};
  const system = await local.startLocal({ ...options, ...log, revision, moduleFiles: modules.files });
  cleanup.defer(async () => system.close());
  const { pipeline, uid } = system.scope;
  const { natsUrl: nats, payloads } = system;
  const settings = await openClient({ nats, namespace, pipeline, uid, timeline, coordinatorTimeoutMs, payloads });
  const owned = cleanup.move();
  return new RunningPipeline<Result>(settings, system, async () => owned.disposeAsync());
}

/** Loaded only when something is to run here: a client of a remote coordinator needs none of it. */
function explainMissing(cause: unknown): never {
  const missing = cause instanceof Error && "code" in cause && cause.code === "ERR_MODULE_NOT_FOUND";
  if (!missing) throw cause;
  throw new StartError(
    'Running a pipeline on this machine needs the package @troupe/local. Install it, or name the NATS of a coordinator: { nats: "nats://…" }.',
    { cause },
  );
}
