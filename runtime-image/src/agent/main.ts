/** Entry of a replica's process. */
import {
  connectBus,
  ConnectError,
  inboxOf,
  metricsText,
  processMetrics,
  startHealthServer,
  waitForBus,
  waitsForNats,
  type Bus,
  type ConnectOptions,
} from "@troupe/protocol";
import { Agent } from "./agent.ts";
import { agentMetrics, unreadyBecause } from "./health.ts";
import { createAgentLog, type AgentLog } from "./log.ts";
import { agentOptionsOf, OptionsError, type AgentOptions } from "./options.ts";

/** The supervisor starts the process again: its host's thread could not be ended. */
const IMMORTAL_HOST_EXIT = 75;
/** How often it is said what is waited for. */
const SAY_WAITING_MS = 15_000;

/** The agent, once there is one. */
let agent: Agent | null = null;
let waitingFor = "NATS";

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
  // From the beginning: the first process of a container is ended by no signal that it does not heed.
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, leaveOnSignal);
  const { group, replica, healthPort } = options;
  const pretty = process.stdout.isTTY && process.env["TROUPE_LOG_FORMAT"] !== "json";
  const log = createAgentLog({ level: process.env["TROUPE_LOG_LEVEL"], pretty, common: { group, replica } });
  const metrics = (): string => metricsText([...agentMetrics(agent, { group }), ...processMetrics()]);
  if (healthPort !== null) await startHealthServer({ port: healthPort, unready, metrics });
  const connection = connectionOf(options);
  const isPatient = waitsForNats(process.env);
  await serve(options, await (isPatient ? waitForBus(connection, sayWaiting(log)) : connectBus(connection)), log);
}

function connectionOf({ natsUrl, natsCreds, scope, group, replica }: AgentOptions): ConnectOptions {
  return {
    url: natsUrl,
    name: `agent ${replica}`,
    inboxPrefix: inboxOf(scope, group),
    ...(natsCreds === null ? {} : { creds: natsCreds }),
  };
}

async function serve(options: AgentOptions, bus: Bus, log: AgentLog): Promise<void> {
  agent = new Agent(options, bus, log);
  const end = await agent.serve();
  await Promise.race([Promise.all([bus.close(), log.close()]), new Promise((resolve) => setTimeout(resolve, 500))]);
  process.exit(end === "drained" ? 0 : IMMORTAL_HOST_EXIT);
}

function leaveOnSignal(): void {
  if (agent === null) process.exit(0); // it holds nothing yet
  void agent.drain();
}

function unready(): string | null {
  return agent === null ? `waiting for ${waitingFor}` : unreadyBecause(agent.status);
}

function sayWaiting(log: AgentLog): (error: ConnectError) => void {
  let saidAt = -Infinity;
  return ({ message }) => {
    waitingFor = `NATS: ${message}`;
    if (performance.now() - saidAt < SAY_WAITING_MS) return;
    saidAt = performance.now();
    log.record("warn", "Waiting for NATS", { error: message });
  };
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
