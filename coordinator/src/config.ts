/** The coordinator's environment, read once. */
import { parseQuantity } from "@troupe/model";
import { POD_ENV, streamReplicasOf, type Scope } from "@troupe/protocol";
import { DEFAULT_STREAM_BYTES, LEAST_STREAM_BYTES } from "./shell/stream-sizes.ts";

export interface CoordinatorConfig {
  readonly natsUrl: string;
  readonly natsCreds: string | undefined;
  readonly work: CoordinatorWork;
  /** Free-standing groups, beside the pipelines. */
  readonly groups: readonly Scope[];
  /** What the streams of one pipeline may grow to, in bytes, all together. */
  readonly streamBytes: number;
  /** On how many servers of NATS each stream is kept, at least. */
  readonly streamReplicas: number;
  /** Stays over restarts, and no other coordinator has it: the pod's name. */
  readonly id: string;
  readonly logLevel: string;
  /** Port of `/livez` and `/readyz`; undefined: nobody asks. */
  readonly healthPort: number | undefined;
  /** Folder of stored payloads that this machine's replicas share; undefined: none. */
  readonly payloads: string | undefined;
}

/** `listed`: these pipelines, whether they are applied yet or not. `found`: every pipeline that is applied, shared with other coordinators. */
export type CoordinatorWork =
  | { readonly kind: "listed"; readonly scopes: readonly Scope[] }
  /** `namespaces`: of these alone; undefined: of all. */
  | { readonly kind: "found"; readonly namespaces: readonly string[] | undefined };

type Environment = Readonly<Record<string, string | undefined>>;

/** @throws {Error} naming the variable that is missing or wrong. */
export function readConfig(env: Environment, randomId: () => string): CoordinatorConfig {
  return {
    natsUrl: required(env, "TROUPE_NATS_URL"),
    natsCreds: present(env, "TROUPE_NATS_CREDS"),
    work: workOf(env),
    groups: groupsOf(env),
    streamBytes: streamBytesOf(env),
    streamReplicas: streamReplicasOf(env),
    id: present(env, "TROUPE_COORDINATOR_ID") ?? `coordinator-${randomId()}`,
    logLevel: env["TROUPE_LOG_LEVEL"] ?? "info",
    healthPort: portOf(env),
    payloads: present(env, POD_ENV.payloads),
  };
}

function workOf(env: Environment): CoordinatorWork {
  const listed = present(env, "TROUPE_PIPELINES");
  if (listed !== undefined) return { kind: "listed", scopes: scopesOf(env, "TROUPE_PIPELINES", "pipeline") };
  // On the laptop a coordinator of a group has no pipelines.
  if (present(env, "TROUPE_GROUPS") !== undefined) return { kind: "listed", scopes: [] };
  return { kind: "found", namespaces: namespacesOf(env) };
}

function groupsOf(env: Environment): readonly Scope[] {
  return present(env, "TROUPE_GROUPS") === undefined ? [] : scopesOf(env, "TROUPE_GROUPS", "group");
}

function scopesOf(env: Environment, variable: string, noun: string): readonly Scope[] {
  const namespace = env["TROUPE_NAMESPACE"] ?? "local";
  return required(env, variable)
    .split(",")
    .map((text) => {
      const [pipeline = "", uid = ""] = text.split(":");
      if (pipeline === "" || uid === "")
        throw new Error(
          `${variable} has ${JSON.stringify(text)}; each entry is <${noun}>:<uid>, with commas between them`,
        );
      return { namespace, pipeline, uid };
    });
}

function streamBytesOf(env: Environment): number {
  const text = present(env, "TROUPE_STREAM_BYTES");
  if (text === undefined) return DEFAULT_STREAM_BYTES;
  const bytes = parseQuantity(text);
  if (bytes === null || bytes < LEAST_STREAM_BYTES)
    throw new Error(
      `TROUPE_STREAM_BYTES is ${JSON.stringify(text)}; it is a quantity of bytes such as 2Gi, and 16Mi at least`,
    );
  return Math.floor(bytes);
}

function portOf(env: Environment): number | undefined {
  const text = present(env, POD_ENV.healthPort);
  if (text === undefined) return undefined;
  if (!/^[1-9]\d{0,4}$/.test(text)) throw new Error(`${POD_ENV.healthPort} is ${JSON.stringify(text)}; it is a port`);
  return Number(text);
}

/** The name of a Kubernetes namespace: it becomes a token of subjects. */
const NAMESPACE = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

function namespacesOf(env: Environment): readonly string[] | undefined {
  const names = present(env, "TROUPE_NAMESPACES")
    ?.split(",")
    .map((name) => name.trim());
  const wrong = names?.find((name) => !NAMESPACE.test(name));
  if (wrong !== undefined)
    throw new Error(
      `TROUPE_NAMESPACES has ${JSON.stringify(wrong)}, which is no namespace; name some, with commas between them, or leave it out for all`,
    );
  return names;
}

function present(env: Environment, name: string): string | undefined {
  return env[name] === "" ? undefined : env[name];
}

function required(env: Environment, name: string): string {
  const value = present(env, name);
  if (value === undefined) throw new Error(`${name} is not set: a coordinator needs it to start`);
  return value;
}
