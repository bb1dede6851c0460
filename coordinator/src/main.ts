/** The coordinator's process: the only place that constructs, and that ends the process. */
import { randomBytes } from "node:crypto";
import { connectBus } from "@troupe/protocol";
import { readConfig } from "./config.ts";
import { newLog } from "./shell/log.ts";
import { PipelineCoordinator } from "./shell/pipeline-coordinator.ts";

const config = readConfig(process.env, () => randomBytes(4).toString("hex"));
// A new life is a new holder: what its former one still has under way is not its own.
const id = `${config.id}.${randomBytes(4).toString("hex")}`;
const log = newLog(config.logLevel, { component: "coordinator", coordinator: id });
const bus = await connectBus({ url: config.natsUrl, name: id, ...(config.natsCreds === undefined ? {} : { creds: config.natsCreds }) });
const coordinators = config.pipelines.map(({ pipeline, uid }) => new PipelineCoordinator({ bus, scope: { namespace: config.namespace, pipeline, uid }, id, log }));

let stopping = false;
async function stop(): Promise<void> {
  if (stopping) return;
  stopping = true;
  await Promise.all(coordinators.map(async (coordinator) => coordinator[Symbol.asyncDispose]()));
  await bus.close();
  process.exit(0);
}

process.on("SIGTERM", () => void stop());
process.on("SIGINT", () => void stop());
// Started by a parent that is gone: nobody would ever stop it.
process.on("disconnect", () => void stop());
