/** All that one coordinator's process takes part in. */
import { setTimeout as delay } from "node:timers/promises";
import type { BlobFolder, Bus, Scope } from "@troupe/protocol";
import type { CoordinatorWork } from "../config.ts";
import { Placement } from "../placement/placement.ts";
import { Presence } from "../placement/presence.ts";
import { Discovery } from "./discovery.ts";
import { GroupCoordinator } from "./group-coordinator.ts";
import type { Log } from "./log.ts";
import { PayloadTotal } from "./payload-total.ts";
import { PipelineCoordinator } from "./pipeline-coordinator.ts";
import type { StreamSizes } from "./stream-sizes.ts";

/** Long enough to hear of the other coordinators: who starts first does not take what is another's. */
const LISTEN_MS = 300;

export interface CoordinatorOptions {
  readonly bus: Bus;
  readonly log: Log;
  /** Stays over restarts. */
  readonly name: string;
  /** This life of it: `<name>.<life>`. */
  readonly id: string;
  /** What the streams of one pipeline may grow to. */
  readonly streams: StreamSizes;
  /** On how many servers they are kept. @default 1 */
  readonly streamReplicas?: number;
  /** Where payloads lie that pass between replicas of this machine; undefined: in the stream. */
  readonly payloads?: BlobFolder | undefined;
}

/** Takes part in what there is to do until it is disposed of. */
export async function startCoordinator(work: CoordinatorWork, options: CoordinatorOptions): Promise<Coordinator> {
  await using stack = new AsyncDisposableStack();
  const parts = new Set<PipelineCoordinator>();
  const groups = new Set<GroupCoordinator>();
  if (work.kind === "listed") {
    const payloadTotal = new PayloadTotal();
    for (const scope of work.scopes) parts.add(stack.use(new PipelineCoordinator({ ...options, scope, payloadTotal })));
  } else {
    await find(work.namespaces, options, { stack, parts, groups });
  }
  const all = stack.move();
  return { parts, groups, [Symbol.asyncDispose]: async () => all.disposeAsync() };
}

export interface Coordinator extends AsyncDisposable {
  /** What it takes part in at this moment. */
  readonly parts: ReadonlySet<PipelineCoordinator>;
  readonly groups: ReadonlySet<GroupCoordinator>;
}

interface Found {
  readonly stack: AsyncDisposableStack;
  readonly parts: Set<PipelineCoordinator>;
  readonly groups: Set<GroupCoordinator>;
}

async function find(
  namespaces: readonly string[] | undefined,
  { bus, log, name, id, streams, streamReplicas = 1 }: CoordinatorOptions,
  { stack, parts, groups }: Found,
): Promise<void> {
  const presence = new Presence(bus, name);
  const placement = new Placement(presence);
  const common = { bus, log, id, placement, streams, streamReplicas };
  const payloadTotal = new PayloadTotal();
  const join = <P extends AsyncDisposable>(scope: Scope, part: P, all: Set<P>): AsyncDisposable => {
    all.add(part);
    const leave = async (): Promise<void> => {
      all.delete(part);
      placement.forget(scope);
      await part[Symbol.asyncDispose]();
    };
    return { [Symbol.asyncDispose]: leave };
  };
  const pipeline = (scope: Scope): AsyncDisposable =>
    join(scope, new PipelineCoordinator({ ...common, scope, payloadTotal }), parts);
  const group = (scope: Scope): AsyncDisposable => join(scope, new GroupCoordinator({ ...common, scope }), groups);
  await delay(LISTEN_MS);
  stack.use(new Discovery({ kind: "pipeline", bus, log, namespaces, join: pipeline }));
  stack.use(new Discovery({ kind: "group", bus, log, namespaces, join: group }));
  stack.use(presence); // so that it says that it leaves before it lets go of anything
}
