/** A program that creates two actors in a group that is there, and waits to be killed. */
import { actor, startActors } from "@troupe/sdk";
import { Counter } from "../conformance/actors/classes.ts";

const [, , nats = ""] = process.argv;
await startActors({ nats, group: "actors" });
const owned = await actor(Counter, [5], { name: "owned" });
const detached = await actor(Counter, [5], { name: "detached", detached: true });
await Promise.all([owned.value(), detached.value()]);
process.stdout.write("ready\n");
setInterval(() => undefined, 1_000);
