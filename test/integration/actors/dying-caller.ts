/** A program that is killed while its calls with large arguments are under way. */
import { actor, actorNamed, put, startActors } from "@troupe/sdk";
import { Echo } from "./echo.ts";

const [, , nats = ""] = process.argv;
await startActors({ nats, group: "actors" });
const large = new Uint8Array(1_000_000).fill(7);
const kept = await put(large);
const owned = await actor(Echo, [], { name: "owned" });
const keeper = await actorNamed<Echo>("keeper");
void owned.hold(large);
void keeper.hold(large);
process.stdout.write("ready\n");
// A reference that nobody can reach is released.
process.on("exit", () => {
  kept.release();
});
