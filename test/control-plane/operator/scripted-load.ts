/** Says what an owner would say of a pipeline: what a test wants it to have to do. */
import {
  connectBus,
  writeGroupReport,
  writeLoad,
  type Bus,
  type GroupReport,
  type PipelineLoad,
} from "@troupe/protocol";
import type { Place, World } from "./world.ts";

export interface ScriptedLoad extends Disposable {
  /** What is said from now on. */
  say(load: Partial<PipelineLoad>, reports?: readonly GroupReport[]): void;
  /** Nothing is said any more. */
  hush(): void;
}

const EVERY_MS = 200;

const NOTHING: Omit<PipelineLoad, "at" | "revision"> = {
  epoch: 1,
  coordinator: "coordinator-0",
  since: 0,
  suspended: false,
  jobs: { queued: 0, running: 0, done: 0, failed: 0, cancelled: 0 },
  revisions: {},
  groups: [],
  full: null,
};

/**
 * Says, over and over, that there is nothing to do, and takes over every new revision at once.
 *
 * @param name of a Pipeline, or of a free-standing Group
 */
export function sayLoad(world: World, place: Place, uid: string, name = "p"): ScriptedLoad {
  const scope = { namespace: place.namespace, pipeline: name, uid };
  let said: { load: Partial<PipelineLoad>; reports: readonly GroupReport[] } | null = { load: {}, reports: [] };
  let connecting: Promise<Bus> | undefined;
  const tell = async (): Promise<void> => {
    connecting ??= connectBus({ url: world.nats.url, name: "scripted owner" });
    const bus = await connecting;
    const pipeline = await place.pipeline(name);
    const metadata = (pipeline ?? (await place.group(name)))?.metadata;
    // An owner leaves what is being deleted: one that went on would be in the way of its end.
    const isOver = metadata?.uid !== uid || metadata.deletionTimestamp !== undefined;
    if (said === null || isOver) return;
    const revision = pipeline?.status?.revision ?? null;
    for (const report of said.reports) writeGroupReport(bus, scope, report);
    writeLoad(bus, scope, { ...NOTHING, at: Date.now(), revision, ...said.load });
  };
  const timer = setInterval(() => void tell().catch(() => undefined), EVERY_MS); // the API server is ending
  return {
    say: (load, reports = []) => {
      said = { load, reports };
    },
    hush: () => {
      said = null;
    },
    [Symbol.dispose]: () => {
      clearInterval(timer);
      said = null;
      // Also a connection that is only being made: it would keep the process alive.
      void connecting?.then(async (bus) => bus.close()).catch(() => undefined);
    },
  };
}
