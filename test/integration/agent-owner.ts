/** The owner's side of the conversation, played by a test; and one real agent to talk to. */
import { agentEntry } from "@troupe/runtime-image";
import type { CompiledModule, Json, Revision } from "@troupe/model";
import {
  connectBus,
  decodeUp,
  encodeDown,
  ensureBuckets,
  ensureStream,
  isInline,
  POD_ENV,
  publishRevision,
  streamsOf,
  subjectsOf,
  BlobStore,
  type Beat,
  type Bus,
  type Done,
  type DownMessage,
  type Fail,
  type Payload,
  type Run,
  type Scope,
  type UpMessage,
} from "@troupe/protocol";
import { fork, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import { eventually } from "../support/eventually.ts";

export const SCOPE: Scope = { namespace: "local", pipeline: "p", uid: "u1" };
const GROUP = "g";
const REPLICA = "g-0";
const FIXTURES = fileURLToPath(new URL("./fixtures/agent/", import.meta.url));

export type ModuleDraft = Partial<CompiledModule> & Pick<CompiledModule, "name" | "type">;

export interface RevisionDraft {
  readonly modules: readonly ModuleDraft[];
  readonly id?: string;
  readonly graceMs?: number;
  readonly timeoutMs?: number;
  readonly concurrency?: number;
}

export function revisionOf(draft: RevisionDraft): Revision {
  return {
    id: draft.id ?? "r1",
    namespace: SCOPE.namespace,
    pipeline: SCOPE.pipeline,
    modules: draft.modules.map((module) => ({
      group: 0,
      dependsOn: [],
      expose: null,
      parameters: {},
      aggregate: false,
      phase: "regular",
      timeoutMs: null,
      estimateSeconds: null,
      journalled: true,
      ...module,
    })),
    groups: [
      {
        name: GROUP,
        replicas: null,
        concurrency: draft.concurrency ?? 1,
        resources: { cpu: null, memory: null, gpu: 0 },
        modules: draft.modules.flatMap(({ group }, index) => ((group ?? 0) === 0 ? [index] : [])),
        startCondition: [],
        timeoutMs: draft.timeoutMs ?? null,
        graceMs: draft.graceMs ?? 5_000,
        templateHash: "h1",
      },
    ],
    jobs: {
      timeoutMs: null,
      queueTimeoutMs: null,
      maxAttempts: 3,
      backoff: { initialMs: 1, maxMs: 1 },
      maxInFlight: 10,
      keepResultsMs: 1,
    },
    sharedParameters: {},
    context: null,
  };
}

export function json(value: Json): Payload {
  return { kind: "json", bytes: new TextEncoder().encode(JSON.stringify(value)) };
}

export interface AgentSettings {
  readonly url: string;
  readonly revision: Revision;
  readonly files?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts an agent, and waits until it is in `state` (ready unless told otherwise). */
export async function ownerOf(settings: AgentSettings, state: Beat["state"] = "ready"): Promise<TestOwner> {
  const bus = await connectBus({ url: settings.url, name: "owner" });
  await ensureBuckets(bus);
  await ensureStream(bus, {
    name: streamsOf(SCOPE).blobs,
    subjects: [subjectsOf(SCOPE).allBlobs],
    maxBytes: 1 << 28,
    discard: "new",
  });
  await publishRevision(bus, SCOPE, settings.revision);
  const owner = new TestOwner(bus, startAgent(settings));
  await owner.until(`the agent is ${state}`, (message) => message.type === "beat" && message.state === state);
  return owner;
}

function startAgent({ url, revision, files, env }: AgentSettings): ChildProcess {
  return fork(fileURLToPath(agentEntry()), [], {
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    execArgv: [],
    env: {
      ...process.env,
      [POD_ENV.natsUrl]: url,
      [POD_ENV.namespace]: SCOPE.namespace,
      [POD_ENV.pipeline]: SCOPE.pipeline,
      [POD_ENV.uid]: SCOPE.uid,
      [POD_ENV.group]: GROUP,
      [POD_ENV.replica]: REPLICA,
      [POD_ENV.templateHash]: "h1",
      [POD_ENV.modules]: (files ?? ["modules.ts"]).map((file) => FIXTURES + file).join(":"),
      [POD_ENV.concurrency]: String(revision.groups[0]?.concurrency ?? 1),
      ...env,
    },
  });
}

export class TestOwner implements AsyncDisposable {
  readonly bus: Bus;
  readonly agent: ChildProcess;
  readonly heard: UpMessage[] = [];
  readonly exited: Promise<number | null>;
  output = "";
  epoch = 1;
  /** Acknowledge what comes, as an owner does. */
  acknowledges = true;
  #leases = 0;

  constructor(bus: Bus, agent: ChildProcess) {
    this.bus = bus;
    this.agent = agent;
    this.exited = new Promise((resolve) => agent.once("exit", resolve));
    for (const stream of [agent.stdout, agent.stderr])
      stream?.on("data", (chunk: Buffer) => (this.output += chunk.toString()));
    bus.subscribe(subjectsOf(SCOPE).ups, ({ data }) => {
      for (const message of decodeUp(data).messages) this.#hear(message);
    });
  }

  #hear(message: UpMessage): void {
    this.heard.push(message);
    if (this.acknowledges) this.acknowledge([message]);
  }

  acknowledge(messages: readonly UpMessage[]): void {
    const what = messages.flatMap((message) => {
      if (message.type === "done") return [{ lease: message.lease, module: message.module }];
      return message.type === "fail" || message.type === "back" ? [{ lease: message.lease, module: -1 }] : [];
    });
    if (what.length > 0) this.say({ type: "ack", what });
  }

  say(...messages: DownMessage[]): void {
    for (const data of encodeDown({ epoch: this.epoch, messages }, 500_000)) {
      this.bus.publish(subjectsOf(SCOPE).down(GROUP, REPLICA), data);
    }
  }

  runOf(job: string, input: Json | Payload, more: Partial<Run> = {}): Run {
    const isPayload = typeof input === "object" && input !== null && "kind" in input;
    return {
      type: "run",
      job,
      lease: `${this.epoch}:${++this.#leases}`,
      attempt: 1,
      idempotencyKey: `${job}:${GROUP}`,
      revision: "r1",
      phase: "run",
      input: isPayload ? (input as Payload) : json(input),
      results: [],
      items: [],
      alone: false,
      timeLeftMs: null,
      ...more,
    };
  }

  /** Dispatches a job, and returns its first `last` done or fail. */
  async dispatch(job: string, input: Json | Payload, more: Partial<Run> = {}): Promise<Done | Fail> {
    const run = this.runOf(job, input, more);
    this.say(run);
    return this.endOf(run);
  }

  async endOf({ lease, job }: Run): Promise<Done | Fail> {
    return (await this.until(`${job} ended`, (message) => {
      return ("lease" in message && message.lease === lease && message.type === "fail") || isLastDone(message, lease);
    })) as Done | Fail;
  }

  /** The first message heard since ever that fits. */
  async until(what: string, fits: (message: UpMessage) => boolean): Promise<UpMessage> {
    let found: UpMessage | undefined;
    try {
      await eventually(what, () => (found = this.heard.find(fits)) !== undefined, 20_000);
    } catch (error) {
      throw new Error(`${String(error)}\nheard: ${JSON.stringify(this.heard.slice(-10))}\noutput: ${this.output}`, {
        cause: error,
      });
    }
    return found!;
  }

  async valueOf(message: UpMessage): Promise<unknown> {
    if (message.type !== "done") throw new Error(`not done: ${JSON.stringify(message)}`);
    const { output } = message;
    const bytes = isInline(output) ? output.bytes : await new BlobStore(this.bus, SCOPE).get(output);
    return output.kind === "json" ? JSON.parse(new TextDecoder().decode(bytes)) : bytes;
  }

  ofLease(lease: string): UpMessage[] {
    return this.heard.filter((message) => "lease" in message && message.lease === lease);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.agent.kill("SIGKILL");
    await this.exited;
    await this.bus.close();
  }
}

function isLastDone(message: UpMessage, lease: string): boolean {
  return message.type === "done" && message.lease === lease && message.last;
}
