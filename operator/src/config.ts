/** The operator's environment, read once. */
import { streamReplicasOf } from "@troupe/protocol";
import type { GpuSlices, Installation } from "./installation.ts";
import type { NatsStore } from "./nats/durability.ts";

export interface OperatorConfig {
  readonly installation: Omit<Installation, "natsCa">;
  /** Where the operator itself reaches NATS. */
  readonly natsUrl: string;
  /** Folder of NATS credentials: `user.creds` of the operator, and what it needs to make those of groups. Undefined: NATS asks for none. */
  readonly credentialsFolder: string | undefined;
  /** File with the certificates of the authority that NATS's are of; undefined: a widely known one, or none. */
  readonly natsCaFile: string | undefined;
  readonly natsStore: NatsStore;
  /** On how many servers of NATS each bucket is kept, at least. */
  readonly streamReplicas: number;
  /** Where the monitoring of every server of an external NATS is; empty: nobody knows. */
  readonly natsMonitorUrls: readonly string[];
  /** Namespaces that are looked at; undefined: all. */
  readonly namespaces: readonly string[] | undefined;
  /** Where the operator keeps its own objects. */
  readonly ownNamespace: string;
  /** Name of this process among those of the Lease. */
  readonly identity: string;
  /** Name of the Lease; undefined: this process is the only one, and leads. */
  readonly lease: string | undefined;
  /** Everything is looked at again at least this often, whatever was heard. */
  readonly resyncMs: number;
  /** Longest time of one watch: a connection that has gone silent is given up five seconds after it. */
  readonly watchMs: number;
  /** Of health and metrics; 0: any free one. */
  readonly healthPort: number;
  readonly logLevel: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** A variable is missing or makes no sense. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

/**
 * @param env
 *
 *     TROUPE_NATS_URL              where the operator reaches NATS
 *     TROUPE_POD_NATS_URL          where group pods do; default: the same
 *     TROUPE_NATS_CREDENTIALS      folder of NATS credentials; default: none are needed
 *     TROUPE_NATS_CA               file of the authority's certificates, for group pods; default: none is needed
 *     TROUPE_NATS_STORE            synced or ephemeral: what the installation knows of its own server; default external
 *     TROUPE_NATS_MONITOR_URLS     of every server of an external NATS, with commas; default: none are known
 *     TROUPE_STREAM_REPLICAS       on how many servers buckets are kept, as coordinators have it: 1, 3 or 5; default 1
 *     TROUPE_RUNTIME_IMAGE         image of agent and host
 *     TROUPE_IMAGE_PULL_POLICY     of group pods; default: Kubernetes'
 *     TROUPE_IMAGE_PULL_SECRETS    of group pods, with commas
 *     TROUPE_NAMESPACE             the operator's own namespace
 *     TROUPE_WATCH_NAMESPACES      with commas; default: all
 *     TROUPE_POD_NAME              name among the candidates of the Lease; default: HOSTNAME
 *     TROUPE_LEASE                 name of the Lease, or "none"; default troupe-operator
 *     TROUPE_RESYNC_SECONDS        after how long everything is looked at again, whatever was heard; default 600
 *     TROUPE_WATCH_SECONDS         longest time of one watch: a silent connection is given up 5 s after it; default 30
 *     TROUPE_GPU_RESOURCE          default nvidia.com/gpu
 *     TROUPE_GPU_SHARED_RESOURCE   and
 *     TROUPE_GPU_SHARED_SLICES     how fractions of a GPU are realised; default: not at all
 *     TROUPE_DRAIN_SECONDS         how long a draining replica waits for what runs; default 30
 *     TROUPE_HEALTH_PORT           default 7080
 *     TROUPE_LOG_LEVEL             error, warn, info or debug; default info
 *     TROUPE_POD_LOG_LEVEL         of group pods; default info
 *
 * @throws {ConfigError} naming the variable
 */
export function readConfig(env: Environment): OperatorConfig {
  const natsUrl = required(env, "TROUPE_NATS_URL");
  return {
    natsUrl,
    credentialsFolder: optional(env, "TROUPE_NATS_CREDENTIALS"),
    natsCaFile: optional(env, "TROUPE_NATS_CA"),
    natsStore: natsStore(env),
    streamReplicas: replicasOf(env),
    natsMonitorUrls: list(env, "TROUPE_NATS_MONITOR_URLS") ?? [],
    namespaces: list(env, "TROUPE_WATCH_NAMESPACES"),
    ownNamespace: required(env, "TROUPE_NAMESPACE"),
    identity: optional(env, "TROUPE_POD_NAME") ?? required(env, "HOSTNAME"),
    lease: leaseOf(env),
    resyncMs: 1000 * whole(env, "TROUPE_RESYNC_SECONDS", { least: 1, fallback: 600 }),
    watchMs: 1000 * whole(env, "TROUPE_WATCH_SECONDS", { least: 1, fallback: 30 }),
    healthPort: whole(env, "TROUPE_HEALTH_PORT", { least: 0, fallback: 7080 }),
    logLevel: optional(env, "TROUPE_LOG_LEVEL") ?? "info",
    installation: {
      runtimeImage: required(env, "TROUPE_RUNTIME_IMAGE"),
      imagePullPolicy: optional(env, "TROUPE_IMAGE_PULL_POLICY") ?? null,
      imagePullSecrets: list(env, "TROUPE_IMAGE_PULL_SECRETS") ?? [],
      natsUrl: optional(env, "TROUPE_POD_NATS_URL") ?? natsUrl,
      gpuResource: optional(env, "TROUPE_GPU_RESOURCE") ?? "nvidia.com/gpu",
      gpuSlices: gpuSlices(env),
      drainSeconds: whole(env, "TROUPE_DRAIN_SECONDS", { least: 1, fallback: 30 }),
      logLevel: optional(env, "TROUPE_POD_LOG_LEVEL") ?? "info",
    },
  };
}

function gpuSlices(env: Environment): GpuSlices | null {
  const resource = optional(env, "TROUPE_GPU_SHARED_RESOURCE");
  const slices = whole(env, "TROUPE_GPU_SHARED_SLICES", { least: 0, fallback: 0 });
  if (resource === undefined && slices === 0) return null;
  if (resource === undefined || slices < 2)
    throw new ConfigError(
      "TROUPE_GPU_SHARED_RESOURCE and TROUPE_GPU_SHARED_SLICES belong together: the resource that shares a GPU, and in how many (2 or more) slices.",
    );
  return { resource, slices };
}

function replicasOf(env: Environment): number {
  try {
    return streamReplicasOf(env);
  } catch (error) {
    throw new ConfigError(error instanceof Error ? error.message : String(error));
  }
}

function leaseOf(env: Environment): string | undefined {
  const lease = env["TROUPE_LEASE"] ?? "troupe-operator";
  return lease === "none" ? undefined : lease;
}

function natsStore(env: Environment): NatsStore {
  const value = optional(env, "TROUPE_NATS_STORE") ?? "external";
  if (value === "synced" || value === "ephemeral" || value === "external") return value;
  throw new ConfigError(`TROUPE_NATS_STORE is "${value}"; it must be synced, ephemeral or external.`);
}

function required(env: Environment, name: string): string {
  const value = optional(env, name);
  if (value === undefined) throw new ConfigError(`${name} is not set: the operator needs it to start.`);
  return value;
}

function optional(env: Environment, name: string): string | undefined {
  const value = env[name];
  return value === undefined || value === "" ? undefined : value;
}

function list(env: Environment, name: string): string[] | undefined {
  return optional(env, name)
    ?.split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");
}

function whole(env: Environment, name: string, { least, fallback }: { least: number; fallback: number }): number {
  const value = optional(env, name);
  if (value === undefined) return fallback;
  const number = Number(value);
  if (!/^\d{1,9}$/.test(value) || number < least)
    throw new ConfigError(`${name} is "${value}"; it must be a whole number of at least ${least}.`);
  return number;
}
