/**
 * One replica that speaks the agents' language over the real bus, and whose work is a function of the test. It beats, keeps its
 * results until they are acknowledged, and can be told to do all of that badly.
 */
import { setTimeout as delay } from "node:timers/promises";
import { modulesInPhase, type CompiledModule, type Json, type Revision } from "@troupe/model";
import {
  BlobStore,
  connectBus,
  decodeDown,
  encodeUp,
  isInline,
  NULL_PAYLOAD,
  PROTOCOL_VERSION,
  subjectsOf,
  type Bus,
  type Done,
  type DownMessage,
  type Fail,
  type Failure,
  type Payload,
  type ReplicaState,
  type Run,
  type Scope,
  type UpMessage,
} from "@troupe/protocol";

const BEAT_MS = 400;
const RESEND_MS = 200;

/** Thrown by the work of a test: the execution fails with it. */
export class WorkFailure extends Error {
  readonly failure: Failure;

  constructor(failure: Partial<Failure>) {
    super(failure.message ?? "as the test wants it");
    this.failure = { code: "ModuleError", kind: "terminal", message: this.message, ...failure };
  }
}

export interface WorkContext {
  readonly run: Run;
  readonly module: CompiledModule;
  /** Results by module name: what came with the block, and what it has made itself. */
  readonly results: ReadonlyMap<string, Payload>;
  /** In phase `process`: the aggregate's fixed set. */
  readonly items: readonly Payload[];
  /** Aborted when the owner cancels the execution. */
  readonly signal: AbortSignal;
}

export type Work = (context: WorkContext) => Payload | Promise<Payload>;

export interface AgentOptions {
  readonly url: string;
  readonly scope: Scope;
  readonly revision: Revision;
  readonly group: string;
  readonly replica?: string;
  readonly permits?: number;
  readonly work?: Work;
}

export function json(value: Json): Payload {
  return { kind: "json", bytes: new TextEncoder().encode(JSON.stringify(value)) };
}

export function valueOf(payload: Payload | undefined): unknown {
  if (payload === undefined || !isInline(payload)) throw new Error("no inline payload");
  return JSON.parse(new TextDecoder().decode(payload.bytes));
}

/** The module's name around its parents' results, or around the input where it has none: so that a result tells its way. */
export const trace: Work = ({ run, module, results }) => {
  const parents = [...results].map(([, payload]) => String(valueOf(payload)));
  return json(`${module.name}(${parents.length > 0 ? parents.join(",") : JSON.stringify(valueOf(run.input))})`);
};

export async function scriptedAgent(options: AgentOptions): Promise<ScriptedAgent> {
  const replica = options.replica ?? `${options.group}-0`;
  const agent = new ScriptedAgent(await connectBus({ url: options.url, name: `agent ${replica}` }), {
    ...options,
    replica,
  });
  await agent.bus.flush();
  agent.beat();
  return agent;
}

interface Execution {
  readonly run: Run;
  readonly abort: AbortController;
}

export class ScriptedAgent implements AsyncDisposable {
  readonly bus: Bus;
  readonly blobs: BlobStore;
  /** What was dispatched here, in order; twice when it was sent twice. */
  readonly runs: Run[] = [];
  readonly heard: DownMessage[] = [];
  /** Modules that were worked on: `<job> <module>`. */
  readonly worked: string[] = [];
  state: ReplicaState = "ready";
  /** Why it is not ready. */
  problem: Failure | undefined;
  epoch = 0;
  /** Beats, results and answers are sent; false: cut off, though it hears. */
  speaks = true;
  /** Whether dispatched blocks are worked on. Those that came before it is set to true are never worked on. */
  works = true;
  readonly #options: AgentOptions & { readonly replica: string };
  readonly #executions = new Map<string, Execution>();
  readonly #items = new Map<string, Payload[]>();
  readonly #results = new Map<string, Run["results"]>();
  readonly #unacknowledged = new Map<string, Done | Fail>();
  readonly #timers: NodeJS.Timeout[];
  readonly #instance = crypto.randomUUID();

  constructor(bus: Bus, options: AgentOptions & { readonly replica: string }) {
    this.bus = bus;
    this.#options = options;
    this.blobs = new BlobStore(bus, options.scope);
    const subjects = subjectsOf(options.scope);
    for (const subject of [subjects.down(options.group, options.replica), subjects.beacon]) {
      bus.subscribe(subject, ({ data }) => {
        this.#hear(data);
      });
    }
    bus.onStatus((status) => {
      if (status === "connected") this.beat();
    });
    this.#timers = [
      setInterval(() => {
        this.beat();
      }, BEAT_MS),
      setInterval(() => {
        this.say(...this.#unacknowledged.values());
      }, RESEND_MS),
    ];
  }

  beat(): void {
    const { permits, revision, group } = this.#options;
    const templateHash = revision.groups.find(({ name }) => name === group)?.templateHash ?? "";
    const listed = new Map([...this.#executions.values()].map(({ run }) => [run.lease, run.job]));
    for (const { lease, job } of this.#unacknowledged.values()) listed.set(lease, job);
    const executions = [...listed].map(([lease, job]) => ({ job, lease }));
    const { state, epoch, problem } = this;
    this.say({
      type: "beat",
      version: PROTOCOL_VERSION,
      state,
      permits: permits ?? 1,
      templateHash,
      epoch,
      executions,
      ...(problem === undefined ? {} : { problem }),
    });
  }

  /** Says it as this replica. Results said so are not kept. */
  say(...messages: UpMessage[]): void {
    if (!this.speaks || messages.length === 0 || this.bus.status !== "connected") return;
    const { group, replica, scope } = this.#options;
    const from = { group, replica, instance: this.#instance };
    for (const bytes of encodeUp({ from, messages }, 500_000)) this.bus.publish(subjectsOf(scope).up(group), bytes);
  }

  /** The result of one module of a run, as it would be sent. */
  doneOf(run: Run, module: number, output: Payload, last = true): Done {
    const at = Date.now();
    return {
      type: "done",
      job: run.job,
      lease: run.lease,
      module,
      output,
      last,
      spans: [{ module, startedAt: at, endedAt: at }],
    };
  }

  runsOf(job: string): Run[] {
    return this.runs.filter((run) => run.job === job);
  }

  /** Lists an execution in its beats that nobody sent it. */
  claim(job: string, lease: string): void {
    const run: Run = {
      type: "run",
      job,
      lease,
      attempt: 1,
      idempotencyKey: "",
      revision: "",
      phase: "run",
      input: NULL_PAYLOAD,
      results: [],
      items: [],
      alone: false,
      timeLeftMs: null,
    };
    this.#executions.set(lease, { run, abort: new AbortController() });
    this.beat();
  }

  #hear(data: Uint8Array): void {
    const { epoch, messages } = decodeDown(data);
    if (epoch < this.epoch) return; // E8
    const isNew = epoch > this.epoch;
    this.epoch = epoch;
    if (isNew) this.beat();
    for (const message of messages) {
      this.heard.push(message);
      this.#obey(message);
    }
  }

  #obey(message: DownMessage): void {
    switch (message.type) {
      case "run":
        this.#run(message);
        return;
      case "items":
        this.#items.set(message.lease, [...(this.#items.get(message.lease) ?? []), ...message.items]);
        return;
      case "ack":
        for (const { lease, module } of message.what) this.#unacknowledged.delete(`${lease}/${module}`);
        return;
      case "cancel":
        this.#executions.get(message.lease)?.abort.abort();
        this.forget(message.lease);
        return;
      case "recall":
        if (!this.#executions.has(message.lease))
          this.say({ type: "back", job: message.job, lease: message.lease, started: this.#isKnown(message.lease) });
        return;
      case "results":
        this.#results.set(message.lease, [...(this.#results.get(message.lease) ?? []), ...message.results]);
        return;
      case "beacon":
        return;
    }
  }

  /** As if it had never got the execution. */
  forget(lease: string): void {
    this.#executions.delete(lease);
    for (const [key, { lease: of }] of this.#unacknowledged) if (of === lease) this.#unacknowledged.delete(key);
  }

  #isKnown(lease: string): boolean {
    return this.runs.some((run) => run.lease === lease);
  }

  #run(received: Run): void {
    const run = { ...received, results: [...received.results, ...(this.#results.get(received.lease) ?? [])] };
    this.runs.push(run);
    const execution = { run, abort: new AbortController() };
    this.#executions.set(run.lease, execution);
    if (this.works) void this.#work(execution);
  }

  async #work(execution: Execution): Promise<void> {
    const { run } = execution;
    const { modules, groups } = this.#options.revision;
    const group = groups.find(({ name }) => name === this.#options.group)!;
    const ordered = modulesInPhase({ modules }, group, run.phase);
    const made = new Map(run.results.map(({ module, output }) => [module, output]));
    let spans: Done["spans"] = [];
    for (const index of ordered) {
      if (made.has(index)) continue;
      const startedAt = Date.now();
      try {
        made.set(index, await this.#workOn(execution, index, made));
      } catch (error) {
        if (this.#executions.get(run.lease) === execution) this.#fail(run, index, error);
        return;
      }
      if (this.#executions.get(run.lease) !== execution) return; // cancelled meanwhile
      spans = [...spans, { module: index, startedAt, endedAt: Date.now() }];
      const last = index === ordered.at(-1);
      if (!modules[index]!.journalled && !last) continue;
      this.#keep(
        { type: "done", job: run.job, lease: run.lease, module: index, output: made.get(index)!, last, spans },
        index,
      );
      spans = [];
    }
    this.#executions.delete(run.lease);
  }

  async #workOn({ run, abort }: Execution, index: number, made: ReadonlyMap<number, Payload>): Promise<Payload> {
    const { modules } = this.#options.revision;
    const module = modules[index]!;
    const results = new Map(
      module.dependsOn.flatMap((parent) =>
        made.has(parent) ? [[modules[parent]!.name, made.get(parent)!] as const] : [],
      ),
    );
    this.worked.push(`${run.job} ${module.name}`);
    await delay(0);
    const work = this.#options.work ?? trace;
    return work({ run, module, results, items: this.#items.get(run.lease) ?? [], signal: abort.signal });
  }

  #fail({ job, lease }: Run, module: number, error: unknown): void {
    const failure = error instanceof WorkFailure ? error.failure : new WorkFailure({ message: String(error) }).failure;
    this.#keep({ type: "fail", job, lease, module, failure, fault: "own", spans: [] }, -1);
    this.#executions.delete(lease);
  }

  #keep(message: Done | Fail, module: number): void {
    this.#unacknowledged.set(`${message.lease}/${module}`, message);
    this.say(message);
  }

  /** It is gone without a word. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    await this.bus.close();
  }
}
