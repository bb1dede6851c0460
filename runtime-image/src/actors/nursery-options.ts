/** What a nursery is told by who starts its pod; see `POD_ENV`. */
import { POD_ENV, type ActorClaim, type Scope } from "@troupe/protocol";
import { OptionsError } from "../agent/options.ts";

export interface NurserySettings {
  readonly natsUrl: string;
  /** Path of a credentials file; null: none. */
  readonly natsCreds: string | null;
  readonly scope: Scope;
  readonly replica: string;
  /** What actors may claim. */
  readonly capacity: ActorClaim;
  /** How long actors that work are waited for when the pod is to end. */
  readonly drainMs: number;
  /** Port of `/livez` and `/readyz`; null: nobody asks. */
  readonly healthPort: number | null;
  /** Where shared objects lie for all actors; null: nowhere, and each reads them from NATS. */
  readonly objects: { readonly folder: string; readonly limitBytes: number } | null;
}

const OBJECT_FOLDER_BYTES = 1024 ** 3;

type Environment = Readonly<Record<string, string | undefined>>;

/** @param cores that the process may use. @throws {OptionsError} naming the variable. */
export function nurserySettingsOf(env: Environment, cores: number): NurserySettings {
  return {
    natsUrl: required(env, POD_ENV.natsUrl),
    natsCreds: env[POD_ENV.natsCreds] ?? null,
    scope: {
      namespace: required(env, POD_ENV.namespace),
      pipeline: required(env, POD_ENV.group),
      uid: required(env, POD_ENV.uid),
    },
    replica: required(env, POD_ENV.replica),
    capacity: { cpus: amount(env, POD_ENV.cpus) ?? cores, gpus: amount(env, POD_ENV.gpus) ?? 0 },
    drainMs: amount(env, POD_ENV.drainMs) ?? 30_000,
    healthPort: amount(env, POD_ENV.healthPort),
    objects: objectsOf(env),
  };
}

function objectsOf(env: Environment): NurserySettings["objects"] {
  const folder = env[POD_ENV.objects];
  if (folder === undefined || folder === "") return null;
  return { folder, limitBytes: amount(env, POD_ENV.objectBytes) ?? OBJECT_FOLDER_BYTES };
}

function required(env: Environment, name: string): string {
  const value = env[name];
  if (value === undefined || value === "")
    throw new OptionsError(`${name} is not set. Whoever starts a replica sets it.`);
  return value;
}

function amount(env: Environment, name: string): number | null {
  const value = env[name];
  if (value === undefined || value === "") return null;
  const number = Number(value);
  if (!(number >= 0) || !Number.isFinite(number))
    throw new OptionsError(`${name} is "${value}"; it must be a number of 0 or more.`);
  return number;
}
