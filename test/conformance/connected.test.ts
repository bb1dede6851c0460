/** The same cases in a group that is there, as a program meets it on a cluster: its replicas know nothing of this machine's files and memory. */
import { startActors, type Actors } from "@troupe/sdk";
import test from "ava";
import { resolve } from "node:path";
import { FREE_SCOPE, nurseryProcess, registryProcess } from "../support/free-group.ts";
import { testNats } from "../support/nats.ts";
import { describeAsyncActors } from "./async-actors.ts";
import { describeRayActors } from "./ray-actors.ts";
import { describeThreadChunks } from "./thread-chunks.ts";

const cleanup = new AsyncDisposableStack();
const nats = cleanup.use(await testNats());
cleanup.use(await registryProcess(nats.url, "c-0"));
const modules = ["actors", "modules/chunks.ts", "../../examples/actors"].map((path) =>
  resolve(import.meta.dirname, path),
);
for (const replica of ["a", "b"]) cleanup.use(await nurseryProcess(nats.url, replica, { modules }));
test.after.always(async () => cleanup.disposeAsync());

// Cases that open no group themselves are told of it as a pod's programs are.
process.env["TROUPE_NATS_URL"] = nats.url;
process.env["TROUPE_GROUP"] = FREE_SCOPE.pipeline;

async function connect(): Promise<Actors> {
  return startActors({ nats: nats.url, group: FREE_SCOPE.pipeline });
}

describeRayActors("Ray's actors, connected", connect);
describeAsyncActors("async actors, connected", connect);
// Last: it leaves its group open until the end.
describeThreadChunks("thread-chunks, connected", connect);
