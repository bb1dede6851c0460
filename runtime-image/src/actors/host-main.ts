/** Entry of the thread that an actor lives in. */
import { parentPort, workerData } from "node:worker_threads";
import { compileWhereNeeded } from "../host/full-typescript.ts";
import { provideSdk } from "../host/resolve-sdk.ts";
import { serveActor } from "./host.ts";
import type { ActorHostStart } from "./host-protocol.ts";

if (parentPort === null) throw new Error("An actor's host runs in a worker thread; start its agent instead.");
// Tells the SDK where it is: a file that also starts a pipeline must not do so here.
Reflect.set(globalThis, Symbol.for("troupe.host"), true);
provideSdk();
compileWhereNeeded();
serveActor(workerData as ActorHostStart, parentPort);
