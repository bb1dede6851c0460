/** Entry of the host's thread. */
import { parentPort, workerData } from "node:worker_threads";
import { answerDescription } from "./describe.ts";
import { compileWhereNeeded } from "./full-typescript.ts";
import { serveAgent } from "./host.ts";
import type { HostStart } from "./protocol.ts";
import { provideSdk } from "./resolve-sdk.ts";

if (parentPort === null) throw new Error("The host runs in a worker thread; start the agent instead.");
const start = workerData as HostStart;
// Tells the SDK where it is: a module file that also starts its pipeline must not do so here.
Reflect.set(globalThis, Symbol.for("troupe.host"), true);
provideSdk();
compileWhereNeeded();
await (start.mode === "serve" ? serveAgent(start, parentPort) : answerDescription(start.files, parentPort));
