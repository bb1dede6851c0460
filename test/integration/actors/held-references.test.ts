/** What an actor may still need is there, whoever else has let go of it, whoever owns the registry, and whatever the actor's thread does. */
import { connectBus, streamsOf, subjectsIn, subjectsOf, type Bus } from "@troupe/protocol";
import { actorInfo, actorNamed, kill, listActors, put, startActors } from "@troupe/sdk";
import test from "ava";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually } from "../../support/eventually.ts";
import { FREE_SCOPE, nurseryProcess, registryProcess } from "../../support/free-group.ts";
import { testNats } from "../../support/nats.ts";
import type { Pod } from "../../support/pods.ts";
import type { Rememberer } from "./rememberer.ts";

const LIMIT_MS = 90_000;

/** In how many pieces each shared object lies in NATS, the smallest first. */
async function pieces(bus: Bus): Promise<number[]> {
  const { allBlobs, blobsPrefix } = subjectsOf(FREE_SCOPE);
  const counts = new Map<string, number>();
  for (const [subject, messages] of await subjectsIn(bus, streamsOf(FREE_SCOPE).blobs, allBlobs)) {
    const [, slot, id = ""] = subject.slice(blobsPrefix.length).split(".");
    if (slot === "shared") counts.set(id, (counts.get(id) ?? 0) + messages);
  }
  return [...counts.values()].toSorted((a, b) => a - b);
}

interface Parts {
  readonly bus: Bus;
  readonly natsUrl: string;
  readonly owner: Pod;
  readonly replica: Pod;
}

/** A group with an actor whose creator has ended. */
async function leftAlone(cleanup: AsyncDisposableStack): Promise<Parts> {
  const { url: natsUrl } = cleanup.use(await testNats());
  const owner = cleanup.use(await registryProcess(natsUrl, "c-0"));
  const replica = cleanup.use(await nurseryProcess(natsUrl, "a"));
  const child = spawn(process.execPath, [join(import.meta.dirname, "put-and-leave.ts"), natsUrl], { stdio: "inherit" });
  const [code] = (await once(child, "exit")) as [number | null];
  if (code !== 0) throw new Error(`the program that puts objects ended with ${String(code)}`);
  return { bus: cleanup.use(await connectBus({ url: natsUrl, name: "test" })), natsUrl, owner, replica };
}

test.serial(
  "an actor that begins anew finds what its constructor was given, long after everybody has let go of it",
  async (t) => {
    await using cleanup = new AsyncDisposableStack();
    const { bus, natsUrl, replica } = await leftAlone(cleanup);
    cleanup.use(await startActors({ nats: natsUrl, group: FREE_SCOPE.pipeline }));
    const [small = 0, large = 0] = await pieces(bus);
    t.true(small < large);
    await replica.kill();
    await eventually("what it merely held is gone with it", async () => (await pieces(bus)).length === 1, LIMIT_MS);
    t.deepEqual(await pieces(bus), [large]);
    cleanup.use(await nurseryProcess(natsUrl, "b"));
    await eventually("it begins anew", async () => (await listActors()).some(({ status }) => status === "alive"));
    const durable = await actorNamed<Rememberer>("durable");
    t.is(await durable.length(), 1_000_000);
    await kill(durable);
    await eventually(
      "it goes when the actor has ended for good",
      async () => (await pieces(bus)).length === 0,
      LIMIT_MS,
    );
  },
);

test.serial(
  "an actor whose thread is blocked while the registry's owner changes loses nothing that it has not read",
  async (t) => {
    await using cleanup = new AsyncDisposableStack();
    const { bus, natsUrl, owner } = await leftAlone(cleanup);
    cleanup.use(await registryProcess(natsUrl, "c-1"));
    cleanup.use(await startActors({ nats: natsUrl, group: FREE_SCOPE.pipeline }));
    const folder = await mkdtemp(join(tmpdir(), "troupe-test-"));
    cleanup.defer(async () => rm(folder, { recursive: true }));
    const durable = await actorNamed<Rememberer>("durable");
    const { refs } = await durable.kept();
    const blocked = durable.blockUntil(join(folder, "enough"));
    await eventually("it is blocked", async () => ((await actorInfo(durable)).facts?.blockedMs ?? 0) > 0);

    await owner.kill();
    await eventually("another coordinator owns the registry", async () => (await listActors()).length === 1);
    const control = await put(new Float64Array(1));
    t.is((await pieces(bus)).length, 3);
    // The new owner knows both from here, and that nobody here holds them any more.
    for (const ref of [control, ...refs]) ref.release();
    await eventually("what nobody holds goes", async () => (await pieces(bus)).length === 2, LIMIT_MS);
    t.true(((await actorInfo(durable)).facts?.blockedMs ?? 0) > 0, "all the time its thread was blocked");
    await writeFile(join(folder, "enough"), "");
    await blocked;
    t.is(await durable.lengthOfKept(), 1_000);
  },
);
