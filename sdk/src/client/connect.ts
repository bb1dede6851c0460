/** Opens the client of a pipeline. */
import { connectBus, subjectsOf } from "@troupe/protocol";
import { randomBytes } from "node:crypto";
import { PipelineClient, type ClientSettings } from "./client.ts";
import type { ConnectOptions } from "./options.ts";
import type { JobResult } from "./outcome.ts";

const DEFAULT_NAMESPACE = "local";
const DEFAULT_COORDINATOR_TIMEOUT_MS = 30_000;

/**
 * Connects to the coordinator of a pipeline over NATS. That NATS is there is known when this resolves; whether a coordinator
 * is, by the first call.
 * @throws {ConnectError} saying which address was tried and what would help
 */
export async function connect<Result extends JobResult = JobResult>(
  options: ConnectOptions,
): Promise<PipelineClient<Result>> {
  return new PipelineClient<Result>(await openClient(options));
}

/** The connection and the resolved options of a client. */
export async function openClient(
  options: ConnectOptions & { readonly payloads?: string | undefined },
): Promise<ClientSettings> {
  const { nats, creds, namespace = DEFAULT_NAMESPACE, pipeline, uid, payloads } = options;
  const bus = await connectBus({
    url: nats,
    name: `troupe client of ${namespace}/${pipeline}`,
    ...(creds === undefined ? {} : { creds }),
  });
  return {
    bus,
    // The door's subjects carry no uid.
    subjects: subjectsOf({ namespace, pipeline, uid: uid ?? "any" }),
    namespace,
    pipeline,
    uid,
    payloads,
    inbox: `_INBOX.${randomBytes(12).toString("hex")}`,
    timeline: options.timeline ?? false,
    coordinatorTimeoutMs: options.coordinatorTimeoutMs ?? DEFAULT_COORDINATOR_TIMEOUT_MS,
  };
}
