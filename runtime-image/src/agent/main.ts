/** Entry of a replica's process. */
import { connectBus, ConnectError, inboxOf, startHealthServer, type Bus } from "@troupe/protocol";
import { Agent } from "./agent.ts";
import { createAgentLog, type AgentLog } from "./log.ts";
import { agentOptionsOf, OptionsError, type AgentOptions } from "./options.ts";

/** The supervisor starts the process again: its host's thread could not be ended. */
const IMMORTAL_HOST_EXIT = 75;

try {
  await main();
} catch (error) {
  if (!(error instanceof OptionsError || error instanceof ConnectError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
}

async function main(): Promise<void> {
  const options = agentOptionsOf(process.env);
  leaveWithParent(options.endWithStdin);
  const { group, replica } = options;
  const pretty = process.stdout.isTTY && process.env["TROUPE_LOG_FORMAT"] !== "json";
  const log = createAgentLog({ level: process.env["TROUPE_LOG_LEVEL"], pretty, common: { group, replica } });
  const bus = await connectBus({
    url: options.natsUrl,
    name: `agent ${replica}`,
    inboxPrefix: inboxOf(options.scope, group),
    ...(options.natsCreds === null ? {} : { creds: options.natsCreds }),
  });
  await serve(options, bus, log);
}

async function serve(options: AgentOptions, bus: Bus, log: AgentLog): Promise<void> {
  const agent = new Agent(options, bus, log);
  const { healthPort } = options;
  if (healthPort !== null) await startHealthServer({ port: healthPort, unready: () => agent.unready });
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => void agent.drain());
  const end = await agent.serve();
  await Promise.race([Promise.all([bus.close(), log.close()]), new Promise((resolve) => setTimeout(resolve, 500))]);
  process.exit(end === "drained" ? 0 : IMMORTAL_HOST_EXIT);
}

/** A replica without its parent is of no use and would never be found again. */
function leaveWithParent(withStdin: boolean): void {
  const leave = (): void => {
    process.exit(1);
  };
  if (process.connected) process.on("disconnect", leave);
  if (!withStdin) return;
  process.stdin.on("end", leave).on("close", leave).resume();
}
