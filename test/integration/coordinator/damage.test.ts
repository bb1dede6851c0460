/** A journal that is not what it was is refused, with the cure, and never repaired. */
import test, { type ExecutionContext } from "ava";
import { cp, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import {
  appendToStream,
  deleteStream,
  ensureStream,
  OWNER_BUCKET,
  ownerKey,
  purgeStream,
  readStream,
  streamsOf,
  streamState,
  subjectsOf,
} from "@troupe/protocol";
import { catchUp, JournalLostError, replay } from "../../../coordinator/src/shell/replay.ts";
import { Engine, SCOPE, SINGLE } from "../../support/engine.ts";
import { eventually } from "../../support/eventually.ts";
import { framesOf, journalOf, jetStream } from "../../support/journal.ts";
import type { InProcessCoordinator } from "../../support/coordinators.ts";

const JOURNAL = streamsOf(SCOPE).journal;
const CURE = /Restore the NATS server's storage from a backup that is complete, or delete the pipeline's streams/;

/** A pipeline that has worked: a job that is done, and three that are open. Nobody owns it any more. */
async function worked(tuning: object = {}): Promise<Engine> {
  const engine = await Engine.start(SINGLE);
  const coordinator = await engine.coordinator({ tuning });
  const agent = await engine.agent("g1");
  await engine.submit("done", 1);
  await engine.outcome("done");
  await agent[Symbol.asyncDispose]();
  for (const id of ["a", "b", "c"]) await engine.submit(id, id);
  await coordinator[Symbol.asyncDispose]();
  return engine;
}

/** Puts other frames where the journal was. */
async function rewrite(engine: Engine, frames: readonly Uint8Array[]): Promise<void> {
  await deleteStream(engine.bus, JOURNAL);
  await ensureStream(engine.bus, {
    name: JOURNAL,
    subjects: [subjectsOf(SCOPE).journal],
    maxBytes: 1 << 26,
    discard: "new",
  });
  for (const frame of frames) await appendToStream(engine.bus, subjectsOf(SCOPE).journal, frame);
}

async function stalls(
  t: ExecutionContext,
  engine: Engine,
  coordinator: InProcessCoordinator,
  why: RegExp,
): Promise<void> {
  const line = await coordinator.says("stalled");
  t.like(line, { level: "error", reason: "JournalLost", pipeline: SCOPE.pipeline });
  t.regex(String(line["why"]), why);
  t.regex(String(line["why"]), CURE);
  const before = await streamState(engine.bus, JOURNAL);
  t.is(await engine.askOnce("submit", 1), undefined, "nobody answers");
  t.deepEqual(await streamState(engine.bus, JOURNAL), before, "the journal is left as it is");
}

async function refuses(t: ExecutionContext, harm: (engine: Engine) => Promise<unknown>, why: RegExp): Promise<void> {
  await using engine = await worked();
  await harm(engine);
  await stalls(t, engine, await engine.coordinator({ isOwner: false }), why);
}

const remove = async (engine: Engine, sequence: number): Promise<unknown> =>
  jetStream(engine.bus, `STREAM.MSG.DELETE.${JOURNAL}`, { seq: sequence });

test.serial("the first frame is missing", async (t) => {
  await refuses(t, async (engine) => remove(engine, 1), /begins at frame 2, and no snapshot covers what was before/);
});

test.serial("a frame in the middle is missing", async (t) => {
  await refuses(t, async (engine) => remove(engine, 3), /frames 3 to 3 are missing from the journal/);
});

test.serial("the tail is missing", async (t) => {
  await refuses(
    t,
    async (engine) => {
      const { lastSequence } = (await streamState(engine.bus, JOURNAL))!;
      await remove(engine, lastSequence);
    },
    /frames \d+ to \d+ are missing from the journal/,
  );
});

test.serial("everything was purged", async (t) => {
  await refuses(
    t,
    async (engine) => jetStream(engine.bus, `STREAM.PURGE.${JOURNAL}`),
    /is empty, though it once held \d+ frames/,
  );
});

test.serial("a frame is missing between two that follow each other", async (t) => {
  await refuses(
    t,
    async (engine) => {
      const frames = await framesOf(engine.bus, SCOPE);
      await rewrite(engine, frames.map(({ data }) => data).toSpliced(2, 1));
    },
    /journal frame 3 is number 4; 3 should follow/,
  );
});

for (const place of ["head", "payload", "checksum"] as const) {
  test.serial(`one bit is flipped in the ${place}`, async (t) => {
    await refuses(
      t,
      async (engine) => {
        const frames = await framesOf(engine.bus, SCOPE);
        const frame = frames.at(-1)!.data.slice();
        const at = { head: 20, payload: frame.length - 5, checksum: frame.length - 1 }[place];
        frame[at]! ^= 1;
        await rewrite(engine, frames.map(({ data }) => data).with(-1, frame));
      },
      /journal frame \d+ is damaged: its checksum does not match/,
    );
  });
}

test.serial("something else was written to the journal", async (t) => {
  await refuses(
    t,
    async (engine) => appendToStream(engine.bus, subjectsOf(SCOPE).journal, new TextEncoder().encode("hello, journal")),
    /journal frame \d+ is damaged/,
  );
});

test.serial("the journal was deleted, while records show that there was one", async (t) => {
  await using engine = await worked({ pageMs: 1 });
  await engine.coordinator({ tuning: { pageMs: 1 } }).then(async (coordinator) => {
    await eventually("there are records", async () => (await engine.held("records")) > 0);
    await coordinator[Symbol.asyncDispose]();
  });
  await deleteStream(engine.bus, JOURNAL);
  await stalls(
    t,
    engine,
    await engine.coordinator({ isOwner: false }),
    /is empty, though the pipeline's snapshots or records show that it was not/,
  );
});

test.serial("the journal was deleted before there was a record or a snapshot", async (t) => {
  await using engine = await worked({ pageMs: 60_000 });
  t.is(await engine.held("records"), 0);
  await deleteStream(engine.bus, JOURNAL);
  await stalls(
    t,
    engine,
    await engine.coordinator({ isOwner: false }),
    /is empty, though the pipeline's snapshots or records show that it was not/,
  );
});

test.serial("a part of the snapshot is gone", async (t) => {
  await using engine = await worked({ snapshots: { leastBytes: 1, ratio: 0 } });
  await jetStream(engine.bus, `STREAM.PURGE.${streamsOf(SCOPE).snapshots}`);
  await stalls(t, engine, await engine.coordinator({ isOwner: false }), /part 0 of snapshot \d+ is missing/);
});

test.serial("the journal disappears under its owner, and under its standby", async (t) => {
  await using engine = await Engine.start(SINGLE);
  const owner = await engine.coordinator();
  await engine.submit("a", 1);
  const standby = await engine.coordinator({ id: "standby", isOwner: false });
  await standby.says("stands by");
  await deleteStream(engine.bus, JOURNAL);
  await engine.askOnce("submit", 2);
  t.like(await owner.says("stalled"), { level: "error", reason: "JournalLost" });
  t.like(await standby.says("stalled"), { level: "error", reason: "JournalLost" });
  t.is(await streamState(engine.bus, JOURNAL), null);
});

test.serial("an owner that has nothing to append notices as well that its journal is gone", async (t) => {
  await using engine = await Engine.start(SINGLE);
  const owner = await engine.coordinator({ tuning: { roomCheckMs: 100 } });
  await engine.submit("a", 1);
  await deleteStream(engine.bus, JOURNAL);
  t.like(await owner.says("stalled"), { level: "error", reason: "JournalLost" });
  t.is(await streamState(engine.bus, JOURNAL), null);
});

test.serial("a shorter journal in its place is noticed by whoever knew the longer one", async (t) => {
  await using engine = await Engine.start(SINGLE);
  const owner = await engine.coordinator();
  for (const id of ["a", "b", "c"]) await engine.submit(id, id);
  const standby = await engine.coordinator({ id: "standby", isOwner: false });
  await standby.says("stands by");
  const frames = await framesOf(engine.bus, SCOPE);
  await rewrite(
    engine,
    frames.slice(0, 2).map(({ data }) => data),
  );
  await engine.askOnce("submit", 2);
  t.regex(String((await owner.says("stalled"))["why"]), CURE);
  t.regex(String((await standby.says("stalled"))["why"]), CURE);
  t.is((await streamState(engine.bus, JOURNAL))?.lastSequence, 2);
});

test.serial("another journal of the same length is noticed by whoever stands by", async (t) => {
  await using engine = await Engine.start(SINGLE);
  await engine.coordinator();
  const standby = await engine.coordinator({ id: "standby", isOwner: false });
  await standby.says("stands by");
  const frames = await framesOf(engine.bus, SCOPE);
  await rewrite(
    engine,
    frames.map(({ data }) => data),
  );
  t.regex(String((await standby.says("stalled"))["why"]), /was made anew at .*Restore the NATS server's storage/);
});

/** The server's store as it is now, to be put back: a backup that is not complete. */
async function backUp({ nats }: Engine): Promise<() => Promise<void>> {
  const copy = `${nats.folder}.copy`;
  await nats.kill();
  await cp(nats.folder, copy, { recursive: true });
  await nats.start();
  return async () => {
    await nats.kill();
    await rm(nats.folder, { recursive: true });
    await rename(copy, nats.folder);
    await nats.start();
  };
}

/** The journal's own files as they are now, to be put back under a server that has gone on. */
async function backUpJournal({ nats }: Engine): Promise<() => Promise<void>> {
  const found = (await readdir(nats.folder, { recursive: true })).find((name) => name.endsWith(`streams/${JOURNAL}`));
  const journal = join(nats.folder, found!);
  const copy = `${nats.folder}.journal`;
  await nats.kill();
  await cp(journal, copy, { recursive: true });
  await nats.start();
  return async () => {
    await nats.kill();
    await rm(journal, { recursive: true });
    await rename(copy, journal);
    await nats.start();
  };
}

test.serial(
  "E10: a journal that lost its end while nobody was there is noticed by what its owner left behind",
  async (t) => {
    await using engine = await Engine.start(SINGLE);
    const first = await engine.coordinator();
    await engine.submit("a", 1);
    await first[Symbol.asyncDispose]();
    const restore = await backUpJournal(engine);
    const owner = await engine.coordinator();
    for (const id of ["b", "c"]) await engine.submit(id, id);
    await owner[Symbol.asyncDispose]();
    await restore();
    await eventually("the bus is back", () => engine.bus.status === "connected");

    const stalled = await engine.coordinator({ isOwner: false });
    const why = /ends at frame \d+, but the key local\.film\.u1 of the bucket TROUPE_OWNERS says that it was at \d+\./;
    await stalls(t, engine, stalled, why);
    t.regex(
      String((await stalled.says("stalled"))["why"]),
      /To go on without what is missing, delete that key first\.$/,
    );
    await stalled[Symbol.asyncDispose]();

    await purgeStream(engine.bus, `KV_${OWNER_BUCKET}`, { subject: `$KV.${OWNER_BUCKET}.${ownerKey(SCOPE)}` });
    await engine.coordinator();
    await engine.agents();
    t.is((await engine.outcome("a")).state, "done", "what is left goes on");
    t.is((await engine.ask("status", { id: "b" })).error?.code, "JobNotFound");
  },
);

test.serial("a journal that was cut and written on is noticed by whoever knew what was cut off", async (t) => {
  await using engine = await Engine.start(SINGLE);
  const first = await engine.coordinator();
  await engine.submit("a", 1);
  await first[Symbol.asyncDispose]();
  const restore = await backUp(engine);

  const owner = await engine.coordinator();
  for (const id of ["b", "c"]) await engine.submit(id, id);
  await owner[Symbol.asyncDispose]();
  const known = await replay(engine.bus, SCOPE);
  const standby = await replay(engine.bus, SCOPE);

  await restore();
  await eventually("the bus is back", () => engine.bus.status === "connected");
  const successor = await engine.coordinator();
  for (const id of ["d", "e", "f"]) await engine.submit(id, id);
  const { lastSequence } = (await streamState(engine.bus, JOURNAL))!;
  t.true(lastSequence > known.sequence);
  await successor[Symbol.asyncDispose]();

  const cut = {
    instanceOf: JournalLostError,
    message: /was cut and written on: its frame \d+ is not the one that this coordinator knows\. Restore/,
  };
  await t.throwsAsync(catchUp(engine.bus, SCOPE, standby), cut, "a standby");
  await t.throwsAsync(replay(engine.bus, SCOPE, known), cut, "a former owner");
  await t.notThrowsAsync(replay(engine.bus, SCOPE), "whoever knew nothing cannot tell");
});

for (const [harm, why] of [
  ["damaged", /the record of job a cannot be read: page 1 is damaged: its checksum does not match/],
  ["gone", /the record of job a cannot be read: its page is gone from the records stream/],
] as const) {
  test.serial(`a record that is ${harm} is said to whoever asks, and other jobs are not concerned`, async (t) => {
    await using engine = await Engine.start(SINGLE);
    const owner = await engine.coordinator({ tuning: { pageMs: 1 } });
    await engine.agents();
    await engine.submit("a", 1);
    const isPage = ({ event }: { readonly event: { readonly type: string } }): boolean => event.type === "page";
    await eventually("it is a record", async () => (await journalOf(engine.bus, SCOPE)).some(isPage));
    const { records } = streamsOf(SCOPE);
    const [page] = await readStream(engine.bus, records, 1, 1);
    await deleteStream(engine.bus, records);
    await ensureStream(engine.bus, {
      name: records,
      subjects: [subjectsOf(SCOPE).records],
      maxBytes: 1 << 26,
      discard: "new",
    });
    const damaged = page!.data.slice();
    damaged[9]! ^= 1;
    if (harm === "damaged") await appendToStream(engine.bus, subjectsOf(SCOPE).records, damaged);
    for (const operation of ["status", "result", "timeline", "wait", "cancel", "retry"] as const) {
      const { id, error } = await engine.ask(operation, { id: "a" });
      t.is(id, "a");
      t.is(error?.code, "RecordUnreadable", operation);
      t.regex(error?.message ?? "", why);
      t.regex(error?.hint ?? "", /restore the NATS server's storage from a backup, or submit the input as a new job/);
      t.is(error?.["retryAfterMs"], undefined);
    }
    t.is(
      (await engine.submit("a", 1)).error?.code,
      "RecordUnreadable",
      "nor can be told whether the input is the same",
    );
    await engine.submit("b", 2);
    t.is((await engine.outcome("b")).state, "done");
    t.deepEqual(owner.said("stalled"), []);
  });
}

test.serial("the cure works: without its streams the pipeline starts anew", async (t) => {
  await using engine = await worked();
  await remove(engine, 1);
  const stalled = await engine.coordinator({ isOwner: false });
  await stalled.says("stalled");
  await stalled[Symbol.asyncDispose]();
  for (const name of Object.values<string>({ ...streamsOf(SCOPE) })) await deleteStream(engine.bus, name);
  await engine.coordinator();
  await engine.agents();
  t.is((await engine.ask("status", { id: "a" })).error?.code, "JobNotFound");
  await engine.submit("a", 1);
  t.is((await engine.outcome("a")).state, "done");
});
