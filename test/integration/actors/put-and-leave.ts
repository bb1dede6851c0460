/** A program that puts two objects, gives one to the constructor of an actor and one to a method, and ends: nobody but the actor holds them. */
import { actor, put, startActors } from "@troupe/sdk";
import { Rememberer } from "./rememberer.ts";

const [, , nats = ""] = process.argv;
await using _group = await startActors({ nats, group: "actors" });
const [model, other] = [await put(new Float64Array(1_000_000)), await put(new Float64Array(1_000))];
const durable = await actor(Rememberer, [model], { name: "durable", detached: true, maxRestarts: -1 });
await durable.keep({ refs: [other] });
