/** A program that uses actors, and ends as it is told to. */
import { actor, put, startActors, task } from "@troupe/sdk";
import { DataStore, LongPollingActor } from "../../conformance/actors/polling.ts";

const [, , how = ""] = process.argv;
const group = await startActors();
const poller = await actor(LongPollingActor, [await actor(DataStore)]);
await put(new Uint8Array(1_000));
await task((n: number) => n + 1, 1);
const pids = Object.values((await group.local?.processes()) ?? {});
process.stdout.write(JSON.stringify({ pids, folder: group.local?.sharedFolder }));
if (how === "closed, with calls that never end") {
  void poller.run();
  await group.close();
}
if (how === "by process.exit") process.exit(0);
