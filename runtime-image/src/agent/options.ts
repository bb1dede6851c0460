import { delimiter } from "node:path";
import { POD_ENV, type Scope } from "@troupe/protocol";

/** What an agent is told by who starts it; see `POD_ENV`. */
export interface AgentOptions {
  readonly natsUrl: string;
  /** Path of a credentials file; null: none. */
  readonly natsCreds: string | null;
  readonly scope: Scope;
  readonly group: string;
  readonly replica: string;
  readonly templateHash: string;
  /** Files and folders of modules. */
  readonly modules: readonly string[];
  /** Folder of stored payloads that this machine's processes share; null: none. */
  readonly payloads: string | null;
  readonly permits: number;
  /** Heap limit of the host in MiB; null: Node's default. */
  readonly hostMemoryMb: number | null;
  readonly drainMs: number;
  /** Port of `/livez` and `/readyz`; null: nobody asks. */
  readonly healthPort: number | null;
  /** End when the standard input is closed, for a parent that can hold a pipe but no IPC channel. */
  readonly endWithStdin: boolean;
}

/** `1`: the agent ends when its standard input does. */
export const END_WITH_STDIN = "TROUPE_END_WITH_STDIN";

/** A variable of the environment is missing or makes no sense. */
export class OptionsError extends Error {
  override readonly name = "OptionsError";
}

type Environment = Readonly<Record<string, string | undefined>>;

/** @throws {OptionsError} naming the variable. */
export function agentOptionsOf(env: Environment): AgentOptions {
  return {
    natsUrl: required(env, POD_ENV.natsUrl),
    natsCreds: env[POD_ENV.natsCreds] ?? null,
    scope: {
      namespace: required(env, POD_ENV.namespace),
      pipeline: required(env, POD_ENV.pipeline),
      uid: required(env, POD_ENV.uid),
    },
    group: required(env, POD_ENV.group),
    replica: required(env, POD_ENV.replica),
    templateHash: required(env, POD_ENV.templateHash),
    modules: required(env, POD_ENV.modules)
      .split(delimiter)
      .filter((path) => path !== ""),
    payloads: env[POD_ENV.payloads] ?? null,
    permits: positive(env, POD_ENV.concurrency) ?? 1,
    hostMemoryMb: positive(env, POD_ENV.hostMemoryMb),
    drainMs: positive(env, POD_ENV.drainMs) ?? 30_000,
    healthPort: positive(env, POD_ENV.healthPort),
    endWithStdin: env[END_WITH_STDIN] === "1",
  };
}

function required(env: Environment, name: string): string {
  const value = env[name];
  if (value === undefined || value === "")
    throw new OptionsError(`${name} is not set. Whoever starts a replica sets it.`);
  return value;
}

function positive(env: Environment, name: string): number | null {
  const value = env[name];
  if (value === undefined || value === "") return null;
  if (!/^[1-9]\d{0,8}$/.test(value))
    throw new OptionsError(`${name} is "${value}"; it must be a whole number above 0.`);
  return Number(value);
}
