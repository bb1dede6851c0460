/** Several pipelines of one module each, and coordinators' processes that find them. */
import { setTimeout as delay } from "node:timers/promises";
import { compileRevision, type Revision } from "@troupe/model";
import {
  BusTimeoutError,
  connectBus,
  NoRespondersError,
  publishRevision,
  readOwner,
  subjectsOf,
  type Bus,
  type DoorOperation,
  type Scope,
} from "@troupe/protocol";
import { CoordinatorProcess } from "./coordinators.ts";
import { answerOf, type Answer } from "./engine.ts";
import { eventually } from "./eventually.ts";
import { testNats, type TestNats } from "./nats.ts";
import { scriptedAgent, type AgentOptions, type ScriptedAgent } from "./scripted-agent.ts";

export function scopeNamed(pipeline: string, namespace = "team-a"): Scope {
  return { namespace, pipeline, uid: `uid-${pipeline}` };
}

export function revisionFor({ namespace, pipeline }: Scope, templateHash = "hash-1"): Revision {
  return compileRevision(
    {
      apiVersion: "troupe.dev/v1alpha1",
      kind: "Pipeline",
      metadata: { name: pipeline },
      spec: { modules: [{ name: "A", type: "trace", group: "g1", expose: true }] },
    },
    { namespace, templateHashes: { g1: templateHash } },
  );
}

export class Fleet implements AsyncDisposable {
  readonly nats: TestNats;
  readonly bus: Bus;
  readonly #stack = new AsyncDisposableStack();

  private constructor(nats: TestNats, bus: Bus) {
    this.nats = nats;
    this.bus = bus;
  }

  static async start(): Promise<Fleet> {
    const nats = await testNats();
    return new Fleet(nats, await connectBus({ url: nats.url, name: "test" }));
  }

  async apply(scope: Scope, revision = revisionFor(scope)): Promise<Revision> {
    await publishRevision(this.bus, scope, revision);
    return revision;
  }

  coordinator(id: string, env: Readonly<Record<string, string>> = {}): CoordinatorProcess {
    return this.#stack.use(new CoordinatorProcess(this.nats.url, undefined, id, env));
  }

  async agent(scope: Scope, options: Partial<AgentOptions> = {}): Promise<ScriptedAgent> {
    const revision = options.revision ?? revisionFor(scope);
    return this.#stack.use(await scriptedAgent({ url: this.nats.url, scope, revision, group: "g1", ...options }));
  }

  /** Name of the coordinator that holds the pipeline's lease, or null. */
  async ownerOf(scope: Scope): Promise<string | null> {
    const { lease } = await readOwner(this.bus, scope, 2_000).catch(() => ({ lease: null }));
    return lease?.holder.split(".")[0] ?? null;
  }

  async ask(scope: Scope, operation: DoorOperation, body: unknown, id?: string): Promise<Answer> {
    let answer: Answer | undefined;
    const headers = id === undefined ? {} : { "Troupe-Job-Id": id };
    await eventually(`the owner of ${scope.pipeline} answers ${operation}`, async () => {
      answer = await this.askOnce(scope, operation, body, headers);
      return answer !== undefined;
    });
    return answer!;
  }

  async askOnce(
    scope: Scope,
    operation: DoorOperation,
    body: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Answer | undefined> {
    const data = new TextEncoder().encode(JSON.stringify(body));
    try {
      return answerOf(await this.bus.request(subjectsOf(scope).door(operation), data, { timeoutMs: 1_000, headers }));
    } catch (error) {
      if (error instanceof NoRespondersError || error instanceof BusTimeoutError) return undefined;
      throw error;
    }
  }

  /** Submits until it is accepted: a refusal that says when to ask again is obeyed, any other is an error. */
  async submit(scope: Scope, id: string, input: unknown): Promise<{ readonly id: string; readonly revision: string }> {
    for (;;) {
      const answer = await this.ask(scope, "submit", input, id);
      if (typeof answer["revision"] === "string") return { id, revision: answer["revision"] };
      const retryAfterMs = answer.error?.["retryAfterMs"];
      if (typeof retryAfterMs !== "number") throw new Error(`job ${id} was refused: ${JSON.stringify(answer)}`);
      await delay(retryAfterMs);
    }
  }

  async outcome(scope: Scope, id: string): Promise<Answer> {
    let outcome: Answer = {};
    try {
      await eventually(`job ${id} has ended`, async () => {
        outcome = await this.ask(scope, "result", { id });
        return outcome.state !== "pending" && !isOfTheMoment(outcome);
      });
    } catch (cause) {
      throw new Error(`the last answer was ${JSON.stringify(outcome)}`, { cause });
    }
    if (outcome.state === undefined) throw new Error(`job ${id} has no outcome: ${JSON.stringify(outcome)}`);
    return outcome;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
    await this.bus.close();
    await this.nats[Symbol.asyncDispose]();
  }
}

/** The door says of a refusal that passes when to ask again (docs/nats.md); every other one is an answer. */
function isOfTheMoment({ state, error }: Answer): boolean {
  return state === undefined && error !== undefined && "retryAfterMs" in error;
}
