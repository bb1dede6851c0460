/** What the same nats-server on this machine gives to anybody: the measure of what Troupe makes of it. */
import {
  appendToStream,
  BlobFolder,
  BlobStore,
  connectBus,
  ensureStream,
  streamsOf,
  streamState,
  subjectsOf,
  type Bus,
  type Scope,
} from "@troupe/protocol";
import { mkdtemp, rm } from "node:fs/promises";
import { fork } from "node:child_process";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { randomFillSync } from "node:crypto";
import { median, quantile } from "../measure/quantile.ts";
import { MIB } from "../measure/sizes.ts";
import type { Figure } from "../report/figure.ts";
import type { Context, Section } from "./section.ts";

const SCOPE: Scope = { namespace: "bench", pipeline: "raw", uid: "raw" };
const EVENT_BYTES = 256;
/** Events in a frame, as group commit makes them: alone, under some load, under much. */
const FRAME_EVENTS = [1, 16, 64];
const BLOBS_AT_A_TIME = 8;

export const rawLimits: Section = {
  name: "raw",
  title: "The same nats-server without Troupe (a sync to disk on every append)",
  run: async (context) => {
    const folder = await mkdtemp(join(tmpdir(), "troupe-bench-"));
    const server = await context.troupe.startNatsServer({
      binary: context.natsServer,
      folder,
      port: 0,
      temporary: true,
    });
    try {
      await using bus = await connectBus({ url: server.url, name: "bench" });
      return await measureAll(bus, { url: server.url, folder }, context);
    } finally {
      process.kill(server.pid, "SIGTERM");
      await server.exited;
      await rm(folder, { recursive: true, force: true });
    }
  },
};

async function measureAll(
  bus: Bus,
  { url, folder }: { readonly url: string; readonly folder: string },
  { quick }: Context,
): Promise<Figure[]> {
  const repetitionMs = quick ? 300 : 1_500;
  const repetitions = quick ? 1 : 3;
  const measure = async (lanes: number, work: () => Promise<unknown>): Promise<Rate> =>
    rateOf(work, { lanes, repetitions, repetitionMs });
  const names = streamsOf(SCOPE);
  const subjects = subjectsOf(SCOPE);
  const room = { maxBytes: 8 * 1024 * MIB, discard: "new" } as const;
  await ensureStream(bus, { name: names.journal, subjects: [subjects.journal], ...room });
  await ensureStream(bus, { name: names.blobs, subjects: [subjects.allBlobs], ...room });

  const figures: Figure[] = [];
  for (const events of FRAME_EVENTS) {
    const frame = randomFillSync(new Uint8Array(events * EVENT_BYTES));
    let last = (await streamState(bus, names.journal))?.lastSequence ?? 0;
    const rate = await measure(1, async () => {
      last = await appendToStream(bus, subjects.journal, frame, { expectedLastSequence: last });
    });
    figures.push(
      rateFigure(`raw.frames${events}`, `frames of ${events} × ${EVENT_BYTES} B, one at a time, fenced`, rate),
      { id: `raw.frames${events}.p50`, text: "  median of one", unit: "ms", value: rate.p50Ms },
    );
  }
  figures.push(...(await requests(bus, url, measure)));
  const bytes = randomFillSync(new Uint8Array(MIB));
  let job = 0;
  const putAndGet = (store: BlobStore) => async () =>
    store.get(await store.put({ job: `j${job++}`, slot: "0", readers: "replicas" }, "binary", bytes));
  for (const lanes of [1, BLOBS_AT_A_TIME]) {
    const rate = await measure(lanes, putAndGet(new BlobStore(bus, SCOPE)));
    figures.push(
      rateFigure(`raw.blobs${lanes}`, `put and get of 1 MiB through the blob store, ${lanes} at a time`, rate),
    );
  }
  const files = new BlobStore(bus, SCOPE, new BlobFolder(join(folder, "payloads")));
  const rate = await measure(BLOBS_AT_A_TIME, putAndGet(files));
  figures.push(rateFigure("raw.files8", `put and get of 1 MiB as synced files, ${BLOBS_AT_A_TIME} at a time`, rate));
  return figures;
}

async function requests(
  bus: Bus,
  url: string,
  measure: (lanes: number, work: () => Promise<unknown>) => Promise<Rate>,
): Promise<Figure[]> {
  const responder = fork(join(import.meta.dirname, "../system/responder.ts"), [url], { stdio: "inherit" });
  try {
    await once(responder, "message");
    const body = new Uint8Array(EVENT_BYTES);
    const ask = async (): Promise<unknown> => bus.request("bench.echo", body, { timeoutMs: 5_000 });
    const alone = await measure(1, ask);
    const many = await measure(100, ask);
    return [
      {
        id: "raw.request.p50",
        text: "request and reply between two processes, median",
        unit: "ms",
        value: alone.p50Ms,
      },
      rateFigure("raw.requests100", "requests and replies, 100 at a time", many),
    ];
  } finally {
    responder.kill();
    await once(responder, "exit");
  }
}

interface Rate {
  readonly perSecond: number;
  readonly best: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

async function rateOf(
  work: () => Promise<unknown>,
  {
    lanes,
    repetitions,
    repetitionMs,
  }: { readonly lanes: number; readonly repetitions: number; readonly repetitionMs: number },
): Promise<Rate> {
  const taken: number[] = [];
  const rates: number[] = [];
  for (let repetition = 0; repetition <= repetitions; repetition++) {
    const begun = performance.now();
    let count = 0;
    const lane = async (): Promise<void> => {
      while (performance.now() - begun < repetitionMs) {
        const at = performance.now();
        await work();
        count++;
        if (repetition > 0) taken.push(performance.now() - at);
      }
    };
    await Promise.all(Array.from({ length: lanes }, lane));
    // The first one is the warm-up.
    if (repetition > 0) rates.push((count / (performance.now() - begun)) * 1000);
  }
  return { perSecond: median(rates), best: Math.max(...rates), p50Ms: median(taken), p99Ms: quantile(taken, 0.99) };
}

function rateFigure(id: string, text: string, { perSecond, best }: Rate): Figure {
  return { id, text, unit: "/s", value: perSecond, best };
}
