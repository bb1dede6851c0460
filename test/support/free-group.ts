/** A free-standing Group in its parts, each of which can be killed or cut off. */
import { connectBus, type Scope } from "@troupe/protocol";
import { ACTOR_ENV, Nursery } from "@troupe/runtime-image";
import { GroupCoordinator } from "../../coordinator/src/shell/group-coordinator.ts";
import { newLog } from "../../coordinator/src/shell/log.ts";
import { DEFAULT_STREAM_BYTES, streamSizes } from "../../coordinator/src/shell/stream-sizes.ts";
import { Pod } from "./pods.ts";

export const FREE_SCOPE: Scope = { namespace: "local", pipeline: "actors", uid: "t1" };

/** A coordinator's process that has the group to care for. */
export async function registryProcess(natsUrl: string, id: string): Promise<Pod> {
  return Pod.start({
    program: "coordinator",
    env: {
      TROUPE_NATS_URL: natsUrl,
      TROUPE_NAMESPACE: FREE_SCOPE.namespace,
      TROUPE_GROUPS: `${FREE_SCOPE.pipeline}:${FREE_SCOPE.uid}`,
      TROUPE_COORDINATOR_ID: id,
    },
  });
}

export interface ReplicaOptions {
  /** Files and folders of the group's code. Default: they lie where the caller has them. */
  readonly modules?: readonly string[];
  /** Beside what every replica is told. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A replica's process. */
export async function nurseryProcess(
  natsUrl: string,
  replica: string,
  { modules = [], env = {} }: ReplicaOptions = {},
): Promise<Pod> {
  return Pod.start({
    program: "nursery",
    env: {
      TROUPE_NATS_URL: natsUrl,
      TROUPE_NAMESPACE: FREE_SCOPE.namespace,
      TROUPE_GROUP: FREE_SCOPE.pipeline,
      TROUPE_UID: FREE_SCOPE.uid,
      TROUPE_REPLICA: replica,
      TROUPE_MODULES: modules.join(":"),
      TROUPE_CPUS: "8",
      TROUPE_GPUS: "1",
      ...env,
    },
  });
}

/** A coordinator in this process, looking for what is left over every `sweepMs`. */
export async function registryHere(natsUrl: string, sweepMs: number): Promise<AsyncDisposable> {
  const bus = await connectBus({ url: natsUrl, name: "registry" });
  const log = newLog("error", { component: "coordinator" });
  const streams = streamSizes(DEFAULT_STREAM_BYTES);
  const coordinator = new GroupCoordinator({ bus, scope: FREE_SCOPE, id: "here", log, streams, sweepMs });
  return {
    [Symbol.asyncDispose]: async () => {
      await coordinator[Symbol.asyncDispose]();
      await bus.close();
    },
  };
}

export interface NurseryWays {
  /** How the nursery itself reaches NATS. */
  readonly own: string;
  /** How its actors do. */
  readonly actors: string;
}

/** A replica whose nursery is in this process, and whose actors are in processes of their own. */
export async function nurseryHere(replica: string, { own, actors }: NurseryWays): Promise<AsyncDisposable> {
  const bus = await connectBus({ url: own, name: `nursery ${replica}` });
  const { namespace, pipeline, uid } = FREE_SCOPE;
  const nursery = new Nursery({
    bus,
    scope: FREE_SCOPE,
    replica,
    capacity: { cpus: 4, gpus: 0 },
    process: {
      env: {
        [ACTOR_ENV.natsUrl]: actors,
        [ACTOR_ENV.namespace]: namespace,
        [ACTOR_ENV.group]: pipeline,
        [ACTOR_ENV.uid]: uid,
      },
      onLine: (source, line) => {
        process.stderr.write(`[${source}] ${line}\n`);
      },
    },
  });
  return {
    [Symbol.asyncDispose]: async () => {
      await nursery.close();
      await bus.close();
    },
  };
}
