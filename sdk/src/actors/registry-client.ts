/** Asks the registry of a group, again and again until it answers: a request may be lost with a connection or an owner. */
import {
  encodeJson,
  groupSubjectsOf,
  parseRegistryReply,
  type ActorInfo,
  type ActorOrder,
  type Bus,
  type Death,
  type RegistryReply,
  type RegistryRequest,
  type Scope,
} from "@troupe/protocol";
import { setTimeout as delay } from "node:timers/promises";
import { ActorAlreadyExistsError, ActorDiedError, ActorNotFoundError, ActorRefusedError } from "./errors.ts";

/** A request is repeated after so long without an answer. */
const REPEAT_MS = 2_000;
const PAUSE_MS = 100;

export interface AskOptions {
  /** How long nobody may answer. Default: for ever, while the registry is there. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** Nobody who owns the group has answered. */
export class NoRegistryError extends Error {
  override readonly name = "NoRegistryError";
  readonly code = "NoRegistry";
}

export class RegistryClient {
  readonly #bus: Bus;
  readonly #subject: string;
  readonly #group: string;
  #lost: string | undefined;

  constructor(bus: Bus, scope: Scope) {
    this.#bus = bus;
    this.#subject = groupSubjectsOf(scope).registry;
    this.#group = scope.pipeline;
  }

  /** @throws what the registry refused it with. */
  async ask(request: RegistryRequest, options: AskOptions = {}): Promise<readonly ActorInfo[]> {
    const reply = await this.#askUntilAnswered(request, options);
    if (reply.ok) return reply.actors;
    throw errorOf(reply);
  }

  /**
   * Resolves when the actor lives. @param timeoutMs then it is given up. @throws {ActorRefusedError} saying what it waited for, among what
   * {@link ask} throws.
   */
  async create(request: Extract<RegistryRequest, { op: "create" }>, timeoutMs: number): Promise<readonly ActorInfo[]> {
    if (timeoutMs === Infinity) return this.ask(request);
    const late = Symbol("late");
    const givenUp = new AbortController();
    const timer = new AbortController();
    const created = this.ask(request, { signal: givenUp.signal });
    try {
      const first = await Promise.race([created, delay(timeoutMs, late, { signal: timer.signal, ref: false })]);
      if (typeof first !== "symbol") return first;
    } finally {
      timer.abort();
    }
    givenUp.abort();
    created.catch(() => undefined); // nobody waits for it any more
    throw await this.#notStarted(request.order, timeoutMs);
  }

  async #notStarted({ id, className }: ActorOrder, timeoutMs: number): Promise<ActorRefusedError> {
    const [info] = await this.ask({ op: "find", id }, { timeoutMs: REPEAT_MS }).catch(() => []);
    this.tell({ op: "kill", id, restart: false });
    const why = info?.waitsFor ?? (info?.status === "starting" ? "its constructor" : "the registry");
    return new ActorRefusedError(
      "NotStarted",
      `${className} has not begun within ${timeoutMs / 1_000} s: it waited for ${why}`,
      "Give the group more replicas or larger ones, end actors that nobody needs (troupe get actors), or give it longer (startTimeoutMs)",
    );
  }

  /** Says something that needs no answer. */
  tell(request: RegistryRequest): void {
    this.#bus.publish(this.#subject, encodeJson(request));
  }

  /** The group is gone: whoever asks hears it. */
  lose(how: string): void {
    this.#lost = how;
  }

  async #askUntilAnswered(
    request: RegistryRequest,
    { timeoutMs = Infinity, signal }: AskOptions,
  ): Promise<RegistryReply> {
    const deadline = performance.now() + timeoutMs;
    const data = encodeJson(request);
    for (;;) {
      signal?.throwIfAborted();
      if (this.#lost !== undefined) throw new NoRegistryError(`the group "${this.#group}" is gone: ${this.#lost}`);
      try {
        const { data: answer } = await this.#bus.request(this.#subject, data, { timeoutMs: REPEAT_MS });
        return parseRegistryReply(answer);
      } catch (error) {
        if (this.#bus.status === "closed")
          throw new NoRegistryError(`the connection to the group "${this.#group}" was closed`, { cause: error });
        if (performance.now() > deadline)
          throw new NoRegistryError(`nobody who owns the group "${this.#group}" has answered within ${timeoutMs} ms`, {
            cause: error,
          });
      }
      await delay(PAUSE_MS);
    }
  }
}

function errorOf({ code, message, hint, death }: Extract<RegistryReply, { ok: false }>): Error {
  switch (code) {
    case "ActorAlreadyExists":
      return new ActorAlreadyExistsError(`${message}: ${hint}.`);
    case "ActorNotFound":
      return new ActorNotFoundError(`${message}: ${hint}.`);
    case "ActorDied":
      return new ActorDiedError("The actor could not be made", death ?? deathOf(message), false);
    case "ImpossibleClaim":
    case "InvalidRequest":
    case "NoReplica":
    case "StreamFull":
      return new ActorRefusedError(code, message, hint);
  }
}

function deathOf(message: string): Death {
  return { code: "ConstructorFailed", message };
}
