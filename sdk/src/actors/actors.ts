/** The group that a program works in: started for it, or connected to. */
import { groupSubjectsOf, hasGroup, encodeJson, parseRegistryReply, type Bus, type Scope } from "@troupe/protocol";
import { randomBytes } from "node:crypto";
import { StartError } from "../build/errors.ts";
import { ActorUsageError } from "./errors.ts";
import { NoRegistryError } from "./registry-client.ts";
import { ActorRuntime } from "./runtime.ts";
import type { ActorSettings, StartedGroup } from "./settings.ts";
import { provideSystem, providedSystem, type ActorSystem } from "./system.ts";
import { openThreadBus, type ThreadBus } from "./thread-bus.ts";

/** A coordinator takes up a new Group, or takes over from another one, within ten seconds. */
const REGISTRY_MS = 20_000;
/** The operator says within a moment that a Group is there. */
const UNKNOWN_MS = 5_000;

/** A group with a connection to it. Closing it ends what this program has created, and what was started for it. */
export class Actors implements ActorSystem, AsyncDisposable {
  readonly runtime: ActorRuntime;
  /** What was started on this machine; null when connected to a group that was there. */
  readonly local: StartedGroup | null;
  readonly #release: () => Promise<void>;
  #closing: Promise<void> | undefined;

  constructor(runtime: ActorRuntime, local: StartedGroup | null, release: () => Promise<void>) {
    this.runtime = runtime;
    this.local = local;
    this.#release = release;
  }

  /** Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#release();
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/**
 * Starts a group on this machine, or connects to one; from then on `actor()` and `task()` work in it. Without this call the first of them does
 * the same with the defaults, and the group ends with the program.
 *
 * @throws {ActorUsageError} in a host, whose group is given, and when there is one already.
 */
export async function startActors(settings: ActorSettings = {}): Promise<Actors> {
  if (providedSystem() !== undefined)
    throw new ActorUsageError("a group is open already: close it first, or call actor() and task(), which work in it");
  const opening = open(settings);
  provideSystem(async () => opening);
  try {
    return await opening;
  } catch (error) {
    provideSystem(undefined);
    throw error;
  }
}

/** The group of this thread, started when there is none. */
export function currentSystem(): ActorSystem | Promise<ActorSystem> {
  return providedSystem()?.() ?? startForProgram();
}

async function startForProgram(): Promise<ActorSystem> {
  const actors = await startActors();
  process.once("beforeExit", () => void actors.close());
  return actors;
}

async function open(settings: ActorSettings): Promise<Actors> {
  await using cleanup = new AsyncDisposableStack();
  const nats = settings.nats ?? process.env["TROUPE_NATS_URL"];
  const local = nats === undefined ? await startHere(settings) : null;
  if (local !== null) cleanup.defer(async () => local.close());
  const { url, named } = placeOf(settings, local, nats);
  const client = randomBytes(9).toString("base64url");
  const connect = { url, name: `troupe client of ${named.pipeline}`, ...credsOf(settings) };
  const connection = await openThreadBus(connect, named, client);
  cleanup.defer(async () => connection.close());
  const scope = local === null ? await identified(connection.bus, named) : named;
  const runtime = runtimeOf(connection, scope, client, local);
  cleanup.defer(async () => runtime.close());
  void local?.lost.then((how) => {
    runtime.lose(how);
  });
  const owned = cleanup.move();
  return new Actors(runtime, local, async () => {
    provideSystem(undefined);
    await owned.disposeAsync();
  });
}

function placeOf(settings: ActorSettings, local: StartedGroup | null, nats = ""): { url: string; named: Scope } {
  return local === null ? { url: nats, named: scopeOf(settings) } : { url: local.natsUrl, named: local.scope };
}

/** Of a group that is there; its uid is its registry's to say. */
function scopeOf({ namespace, group }: ActorSettings): Scope {
  const { TROUPE_NAMESPACE, TROUPE_GROUP } = process.env;
  return {
    namespace: namespace ?? TROUPE_NAMESPACE ?? "local",
    pipeline: group ?? TROUPE_GROUP ?? "actors",
    uid: "any",
  };
}

function credsOf({ creds = process.env["TROUPE_NATS_CREDS"] }: ActorSettings): { creds?: string } {
  return creds === undefined ? {} : { creds };
}

function runtimeOf(
  { bus, tellHolds }: ThreadBus,
  scope: Scope,
  client: string,
  local: StartedGroup | null,
): ActorRuntime {
  let alive: NodeJS.Timeout | undefined;
  return new ActorRuntime({
    bus,
    scope,
    parent: { kind: "client", id: client },
    sharedFolder: local?.sharedFolder,
    tellHolds,
    isRemote: local === null,
    // The connection keeps nothing alive; calls that are under way do.
    onBusy: (isBusy) => {
      clearInterval(alive);
      alive = isBusy ? setInterval(() => undefined, 1_000_000) : undefined;
    },
  });
}

/** Clients know a group by its name; its registry knows which one that is. */
async function identified(bus: Bus, scope: Scope): Promise<Scope> {
  const request = encodeJson({ op: "list" });
  const begin = performance.now();
  for (;;) {
    try {
      const { data } = await bus.request(groupSubjectsOf(scope).registry, request, { timeoutMs: 2_000 });
      const reply = parseRegistryReply(data);
      if (reply.ok) return { ...scope, uid: reply.uid };
      throw new NoRegistryError(reply.message);
    } catch (cause) {
      const silentMs = performance.now() - begin;
      if (silentMs > UNKNOWN_MS && (await isUnknown(bus, scope))) throw unknownGroup(scope, cause);
      if (silentMs > REGISTRY_MS) throw unanswered(scope, cause);
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** False also when it cannot be told. */
async function isUnknown(bus: Bus, scope: Scope): Promise<boolean> {
  try {
    return !(await hasGroup(bus, scope));
  } catch {
    return false; // there is no cluster behind this NATS, or these credentials may not read there
  }
}

function unknownGroup({ namespace, pipeline }: Scope, cause: unknown): NoRegistryError {
  return new NoRegistryError(
    `there is no Group "${pipeline}" without a pipeline in the namespace "${namespace}". Check both names: kubectl get groups --namespace ${namespace}`,
    { cause },
  );
}

function unanswered({ namespace, pipeline }: Scope, cause: unknown): NoRegistryError {
  return new NoRegistryError(
    `nobody answers for a group "${pipeline}" of the namespace "${namespace}". Check both names (kubectl get groups --namespace ${namespace}), ` +
      "that coordinators run, and that the credentials are of this namespace",
    { cause },
  );
}

async function startHere(settings: ActorSettings): Promise<StartedGroup> {
  const { startActorGroup } = await import("@troupe/local").catch(explainMissing);
  return startActorGroup(settings);
}

function explainMissing(cause: unknown): never {
  const missing = cause instanceof Error && "code" in cause && cause.code === "ERR_MODULE_NOT_FOUND";
  if (!missing) throw cause;
  throw new StartError(
    'Running actors on this machine needs the package @troupe/local. Install it, or name the NATS of a group: startActors({ nats: "nats://…", group: "…" }).',
    { cause },
  );
}
