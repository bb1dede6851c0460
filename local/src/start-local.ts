/** The whole system on one machine: nats-server, a coordinator, and a process for every replica. */
import { coordinatorEntry } from "@troupe/coordinator";
import { connectBus, POD_ENV, publishRevision } from "@troupe/protocol";
import { agentEntry } from "@troupe/runtime-image";
import { resolve } from "node:path";
import { startChild } from "./child.ts";
import { claimsOf } from "./claims.ts";
import { findNatsServer } from "./find-nats-server.ts";
import { placeClaims, type Placement } from "./ledger.ts";
import { LocalError } from "./local-error.ts";
import { LocalSystem, type ProcessSpec } from "./local-system.ts";
import { parseLogLine, parseNatsLine } from "./log-line.ts";
import { observeMachine } from "./machine.ts";
import { natsProcess } from "./nats-process.ts";
import type { LocalOptions } from "./options.ts";
import { replicaEnv } from "./replica-env.ts";
import { openStoreFolder } from "./store-folder.ts";

/** A system runs one pipeline, and one that goes on from a kept store must find it under the same uid. */
const UID = "local";
const DEFAULT_DRAIN_MS = 2_000;
/** `local/src/` in a checkout, `.troupe/build/` in what was bundled from it: the root is two levels up from both. */
const ROOT = resolve(import.meta.dirname, "../..");

/**
 * Starts everything at the same time, and resolves once NATS holds the revision and every process was started: jobs may be
 * submitted then, and run as soon as their replicas are ready.
 * @throws {LocalError} with a code and what to do. Nothing is left behind then.
 */
export async function startLocal(options: LocalOptions): Promise<LocalSystem> {
  const placements = await reserve(options);
  const binary = findNatsServer({ binary: options.natsServer, root: ROOT, env: process.env });
  const folder = await openStoreFolder(options.storeDir);
  const { namespace, pipeline } = options.revision;
  const system = new LocalSystem({
    scope: { namespace, pipeline, uid: UID },
    folder,
    drainMs: options.drainMs ?? DEFAULT_DRAIN_MS,
    onEvent: (event) => options.onEvent?.(event),
  });
  try {
    const { url } = await system.add(
      natsProcess(binary, folder, {
        natsPort: options.natsPort,
        onLine: (line) => options.onLog?.(parseNatsLine(line)),
      }),
    );
    system.listensAt(url);
    await Promise.all([
      publish(system, options),
      system.add(coordinatorProcess(system, options, 0)),
      ...placements.map(async (placement) => system.add(replicaProcess(system, options, placement))),
    ]);
    return system;
  } catch (error) {
    await system.close();
    throw error;
  }
}

/** Another coordinator beside those that run: it stands by until it is needed. */
export async function addCoordinator(system: LocalSystem, options: LocalOptions): Promise<string> {
  const index = system.processes().filter(({ role }) => role === "coordinator").length;
  const spec = coordinatorProcess(system, options, index);
  await system.add(spec);
  return spec.name;
}

async function reserve({ revision, cpus, gpus }: LocalOptions): Promise<readonly Placement[]> {
  const machine = await observeMachine({ cpus, gpus });
  const outcome = placeClaims(claimsOf(revision.groups), machine);
  if (outcome.ok) return outcome.placements;
  throw new LocalError(outcome.problem.code, outcome.problem.message, outcome.problem.hint);
}

function coordinatorProcess(system: LocalSystem, options: LocalOptions, index: number): ProcessSpec {
  const name = `coordinator-${index}`;
  const { namespace, pipeline, uid } = system.scope;
  const env = {
    TROUPE_NATS_URL: system.natsUrl,
    TROUPE_NAMESPACE: namespace,
    TROUPE_PIPELINES: `${pipeline}:${uid}`,
    TROUPE_COORDINATOR_ID: name,
    [POD_ENV.payloads]: system.payloads,
  };
  return { name, role: "coordinator", group: null, start: ownProcess(name, coordinatorEntry(), env, options) };
}

function replicaProcess(system: LocalSystem, options: LocalOptions, { claim, gpus }: Placement): ProcessSpec {
  const group = options.revision.groups.find(({ name }) => name === claim.group);
  if (group === undefined) throw new Error(`the revision has no group ${claim.group}`);
  const { scope, natsUrl, payloads } = system;
  const env = replicaEnv({
    natsUrl,
    payloads,
    scope,
    group,
    replica: claim.replica,
    moduleFiles: options.moduleFiles,
    gpus,
    drainMs: options.drainMs ?? DEFAULT_DRAIN_MS,
  });
  return {
    name: claim.replica,
    role: "replica",
    group: group.name,
    start: ownProcess(claim.replica, agentEntry(), env, options),
  };
}

function ownProcess(
  name: string,
  entry: URL,
  env: Record<string, string>,
  { logLevel = "warn", onLog }: LocalOptions,
): ProcessSpec["start"] {
  const onLine = (line: string): void => onLog?.(parseLogLine(name, line));
  return async () => startChild({ entry, env: { ...env, TROUPE_LOG_LEVEL: logLevel }, onLine });
}

async function publish(system: LocalSystem, { revision }: LocalOptions): Promise<void> {
  const bus = await connectBus({ url: system.natsUrl, name: "troupe local" });
  system.speaksOver(bus);
  await publishRevision(bus, system.scope, revision);
}
