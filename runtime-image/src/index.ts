export { Agent, type AgentEnd } from "./agent/agent.ts";
export { createAgentLog, type AgentLog, type LogFields, type LogOptions } from "./agent/log.ts";
export { agentOptionsOf, END_WITH_STDIN, OptionsError, type AgentOptions } from "./agent/options.ts";
export { describeModules, type Description, type LoadProblem } from "./describe-modules.ts";
export { agentEntry, hostEntry } from "./entries.ts";
export { compileWhereNeeded } from "./host/full-typescript.ts";
export { moduleFilesOf, type ModuleFiles } from "./host/module-files.ts";
export { provideSdk } from "./host/resolve-sdk.ts";
