export type { LocalEvent, LocalProcess, LogLevel, LogLine } from "@troupe/sdk";
export { findNatsServer, type FindOptions } from "./find-nats-server.ts";
export {
  placeClaims,
  type Claim,
  type ClaimProblem,
  type LedgerOutcome,
  type Machine,
  type Placement,
} from "./ledger.ts";
export { LocalError, type LocalErrorCode } from "./local-error.ts";
export { LocalSystem, type ProcessSpec, type SystemSettings } from "./local-system.ts";
export { parseLogLine, printLogLine } from "./log-line.ts";
export { observeMachine, type MachineOptions } from "./machine.ts";
export { startNatsServer, type NatsServer, type NatsServerOptions } from "./nats-server.ts";
export type { LocalOptions } from "./options.ts";
export { addCoordinator, startLocal } from "./start-local.ts";
export type { Running } from "./supervisor.ts";
export { describeModules } from "@troupe/runtime-image";
export { isForPeople, logToStderr } from "./log-to-stderr.ts";
export { startActorGroup } from "./actors/start-actors.ts";
