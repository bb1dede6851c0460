/** A pipeline with everything but its agents: a nats-server, the revision, and a client of the door that asks until it is answered. */
import { compileRevision, type JobsSpec, type ModuleSpec, type PipelineManifest, type Revision } from "@troupe/model";
import {
  BusTimeoutError,
  connectBus,
  NoRespondersError,
  publishRevision,
  streamsOf,
  streamState,
  subjectsOf,
  type Bus,
  type BusMessage,
  type DoorOperation,
  type Scope,
  type StreamNames,
} from "@troupe/protocol";
import { CoordinatorProcess, InProcessCoordinator, type InProcess } from "./coordinators.ts";
import { eventually } from "./eventually.ts";
import { testNats, type TestNats } from "./nats.ts";
import { scriptedAgent, type AgentOptions, type ScriptedAgent } from "./scripted-agent.ts";

export const SCOPE: Scope = { namespace: "local", pipeline: "film", uid: "u1" };

export interface Draft {
  readonly modules: readonly ModuleSpec[];
  readonly jobs?: JobsSpec;
}

/** One module, one group. */
export const SINGLE: Draft = { modules: [{ name: "A", type: "trace", group: "g1", expose: true }] };

/** A feeds B and C, which feed D; A and B share a group, whose rest goes on while C runs. */
export const DIAMOND: Draft = {
  modules: [
    { name: "A", type: "trace", group: "g1" },
    { name: "B", type: "trace", group: "g1", dependsOn: ["A"] },
    { name: "C", type: "trace", group: "g2", dependsOn: ["A"] },
    { name: "D", type: "trace", group: "g3", dependsOn: ["B", "C"], expose: true },
  ],
};

export const DIAMOND_OF_1 = "D(B(A(1)),C(A(1)))";

export function revisionOf({ modules, jobs }: Draft): Revision {
  const backoff = { initialSeconds: 0.01, maxSeconds: 0.05 };
  const manifest: PipelineManifest = {
    apiVersion: "troupe.dev/v1alpha1",
    kind: "Pipeline",
    metadata: { name: SCOPE.pipeline },
    spec: { modules: [...modules], jobs: { backoff, ...jobs } },
  };
  return compileRevision(manifest, { namespace: SCOPE.namespace });
}

export type Answer = Readonly<Record<string, unknown>> & {
  readonly id?: string;
  readonly state?: string;
  readonly error?: {
    readonly code: string;
    readonly message: string;
    readonly hint?: string;
    readonly [field: string]: unknown;
  };
};

export function answerOf({ data }: Pick<BusMessage, "data">): Answer {
  return JSON.parse(new TextDecoder().decode(data)) as Answer;
}

export interface CoordinatorOptions extends Omit<InProcess, "url" | "scope"> {
  /** Default: true. */
  readonly isOwner?: boolean;
}

export class Engine implements AsyncDisposable {
  readonly nats: TestNats;
  readonly bus: Bus;
  readonly revision: Revision;
  readonly #stack = new AsyncDisposableStack();

  private constructor(nats: TestNats, bus: Bus, revision: Revision) {
    this.nats = nats;
    this.bus = bus;
    this.revision = revision;
  }

  /** @param within see {@link testNats}. */
  static async start(
    draft: Draft,
    { isApplied = true, ...where }: { readonly isApplied?: boolean; readonly within?: string } = {},
  ): Promise<Engine> {
    const nats = await testNats(where);
    const bus = await connectBus({ url: nats.url, name: "test" });
    const engine = new Engine(nats, bus, revisionOf(draft));
    if (isApplied) await engine.apply();
    return engine;
  }

  /** Makes a revision the one that new jobs get. */
  async apply(revision: Revision = this.revision): Promise<void> {
    await publishRevision(this.bus, SCOPE, revision);
  }

  /** An owner in this process, once it owns, unless it is not to become one. */
  async coordinator({ isOwner = true, ...options }: CoordinatorOptions = {}): Promise<InProcessCoordinator> {
    const coordinator = this.#stack.use(
      await InProcessCoordinator.start({ url: this.nats.url, scope: SCOPE, ...options }),
    );
    if (isOwner) await coordinator.owns();
    return coordinator;
  }

  /** A process, which may be owner or standby. */
  process(id = "coordinator-0"): CoordinatorProcess {
    return this.#stack.use(new CoordinatorProcess(this.nats.url, SCOPE, id));
  }

  async agent(group: string, options: Partial<AgentOptions> = {}): Promise<ScriptedAgent> {
    const { revision } = this;
    return this.#stack.use(await scriptedAgent({ url: this.nats.url, scope: SCOPE, revision, group, ...options }));
  }

  /** One agent for each group. */
  async agents(options: Partial<AgentOptions> = {}): Promise<ScriptedAgent[]> {
    return Promise.all(this.revision.groups.map(async ({ name }) => this.agent(name, options)));
  }

  /** Asks until an owner answers. */
  async ask(operation: DoorOperation, body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    let answer: Answer | undefined;
    await eventually(`the owner answers ${operation} ${JSON.stringify(body)}`, async () => {
      answer = await this.askOnce(operation, body, headers);
      return answer !== undefined;
    });
    return answer!;
  }

  /** Undefined when nobody answered. */
  async askOnce(
    operation: DoorOperation,
    body: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Answer | undefined> {
    const data =
      body instanceof Uint8Array ? body : new TextEncoder().encode(body === undefined ? "" : JSON.stringify(body));
    try {
      return answerOf(await this.bus.request(subjectsOf(SCOPE).door(operation), data, { timeoutMs: 2_000, headers }));
    } catch (error) {
      if (error instanceof NoRespondersError || error instanceof BusTimeoutError) return undefined;
      throw error;
    }
  }

  async submit(id: string, input: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return this.ask("submit", input, { ...headers, "Troupe-Job-Id": id });
  }

  /** The outcome, however many owners it takes. */
  async outcome(id: string): Promise<Answer> {
    let outcome: Answer = {};
    await eventually(`job ${id} has ended`, async () => {
      outcome = await this.ask("result", { id });
      return outcome.state !== "pending";
    });
    return outcome;
  }

  /** Messages that a stream of the pipeline holds. */
  async held(stream: keyof StreamNames): Promise<number> {
    return (await streamState(this.bus, streamsOf(SCOPE)[stream]))?.messages ?? 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
    await this.bus.close();
    await this.nats[Symbol.asyncDispose]();
  }
}
