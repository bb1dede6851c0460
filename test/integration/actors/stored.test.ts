/** What is too large for a message is stored in NATS, and does not outlive the program that has stored it. */
import { actor, actorNamed, kill, listActors, put, startActors } from "@troupe/sdk";
import { connectBus, streamsOf, subjectsIn, subjectsOf, type Bus } from "@troupe/protocol";
import test from "ava";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { eventually } from "../../support/eventually.ts";
import { FREE_SCOPE, nurseryHere, registryHere } from "../../support/free-group.ts";
import { testNats } from "../../support/nats.ts";
import { Echo } from "./echo.ts";

const SWEEP_MS = 500;

/** Blobs by what they are: `call`, `result` or `shared`. */
async function stored(bus: Bus): Promise<string[]> {
  const { allBlobs, blobsPrefix } = subjectsOf(FREE_SCOPE);
  const subjects = await subjectsIn(bus, streamsOf(FREE_SCOPE).blobs, allBlobs);
  const ids = new Set([...subjects.keys()].map((subject) => subject.slice(blobsPrefix.length).split(".", 3).join(".")));
  return [...ids].map((id) => id.split(".")[1] ?? "").toSorted();
}

test.serial("a program dies in the middle of its calls: its actors end, and what was stored for it goes", async (t) => {
  await using cleanup = new AsyncDisposableStack();
  const nats = cleanup.use(await testNats());
  cleanup.use(await registryHere(nats.url, SWEEP_MS));
  cleanup.use(await nurseryHere("a", { own: nats.url, actors: nats.url }));
  const bus = cleanup.use(await connectBus({ url: nats.url, name: "test" }));
  const group = cleanup.use(await startActors({ nats: nats.url, group: FREE_SCOPE.pipeline }));

  // One that belongs to nobody: it goes on when the program dies, and has a call of the program's.
  const keeper = await actor(Echo, [], { name: "keeper", detached: true });
  const mine = await put(new Float64Array(100_000).fill(1));
  const child = spawn(process.execPath, [join(import.meta.dirname, "dying-caller.ts"), nats.url], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  cleanup.defer(() => {
    child.kill("SIGKILL");
  });
  t.deepEqual(await once(createInterface({ input: child.stdout }), "line"), ["ready"]);
  await eventually(
    "the arguments of its calls and shared values are stored",
    async () => (await stored(bus)).join() === "call,call,shared,shared",
  );

  child.kill("SIGKILL");
  await eventually("its actor has ended", async () =>
    (await listActors()).some(({ name, death }) => name === "owned" && death?.code === "ClientEnded"),
  );
  await eventually("only what a living program has put is stored", async () => {
    const there = await stored(bus);
    return there.length === 1 && there[0] === "shared";
  });
  t.is(await keeper.lengthOf(mine), 800_000, "which arrives");
  t.is(await (await actorNamed<Echo>("keeper")).lengthOf(new Uint8Array(3_000_000)), 3_000_000, "and so do calls");

  const spare = await put(new Float64Array(100_000));
  await eventually(
    "it is stored, and the call's argument no more",
    async () => (await stored(bus)).join() === "shared,shared",
  );
  spare.release();
  await eventually("what was released is gone", async () => (await stored(bus)).length === 1);
  // The keeper has read the other one, and holds it as well.
  await kill(keeper);
  await group.close();
  await eventually("and the rest with the program", async () => (await stored(bus)).length === 0);
});
