/** An owner on a table: every step by hand, its appends journalled when the test says so. For the unit tests of the core. */
import { compileRevision, graphOf, type Graph, type JobsSpec, type ModuleSpec } from "@troupe/model";
import {
  PROTOCOL_VERSION,
  type Beat,
  type Done,
  type DownMessage,
  type Fail,
  type Run,
  type Speaker,
  type UpMessage,
} from "@troupe/protocol";
import { commit, type Committed } from "../src/core/commit.ts";
import { knock } from "../src/core/door.ts";
import type { JournalEvent } from "../src/core/events.ts";
import type { Moment } from "../src/core/execution.ts";
import { fold } from "../src/core/fold.ts";
import type { Job } from "../src/core/job.ts";
import {
  newOwner,
  takeCommands,
  type Owner,
  type OwnerSettings,
  type RecordUse,
  type Reply,
} from "../src/core/owner.ts";
import { emptyState, type JournalState } from "../src/core/state.ts";
import { takeOver } from "../src/core/takeover.ts";
import { tick } from "../src/core/tick.ts";
import { hear } from "../src/core/uplink.ts";
import { inlineOf } from "./tokens.ts";

const WALL = 1_700_000_000_000;

/** @param modules in the short form `name@group<parent,parent`; a `!` behind the name exposes it. */
export function graphFrom(modules: readonly string[], jobs: JobsSpec = {}): Graph {
  const specs = modules.map((text): ModuleSpec => {
    const [, name = "", exposed, group = "", parents = ""] = /^(\w+)(!?)@(\w+)(?:<([\w,]+))?$/.exec(text) ?? [];
    return {
      name,
      type: "fixture",
      group,
      dependsOn: parents === "" ? [] : parents.split(","),
      ...(exposed === "!" ? { expose: true } : {}),
    };
  });
  const manifest = {
    apiVersion: "troupe.dev/v1alpha1",
    kind: "Pipeline",
    metadata: { name: "fixture" },
    spec: { modules: specs, jobs },
  } as const;
  return graphOf(compileRevision(manifest, { namespace: "local" }));
}

export class Table {
  readonly graph: Graph;
  owner: Owner;
  /** Milliseconds since the beginning. */
  now = 0;
  /** Appended and not journalled yet. */
  pending: Committed[] = [];
  readonly journal: JournalEvent[] = [];
  /** What was said to replicas since the last look. */
  #said: { readonly replica: string; readonly message: DownMessage }[] = [];
  readonly replies: { readonly to: string; readonly reply: Reply }[] = [];
  /** Records that the owner wants to be read. */
  readonly reads: { readonly page: number; readonly job: string; readonly use: RecordUse }[] = [];
  /** Ids of stored payloads that nobody needs any more. */
  readonly purged: string[] = [];
  readonly #settings: Partial<OwnerSettings>;

  constructor(graph: Graph, settings: Partial<OwnerSettings> = {}) {
    this.graph = graph;
    this.#settings = settings;
    this.owner = this.#become(emptyState());
  }

  get moment(): Moment {
    return { mono: this.now, wall: WALL + this.now };
  }

  /** Another owner takes over from what is journalled. */
  takeOver(): void {
    const state = emptyState();
    for (const event of this.journal) fold(state, event);
    this.pending = [];
    this.#said = [];
    this.owner = this.#become(state);
  }

  submit(...ids: string[]): void {
    for (const id of ids) {
      knock(
        this.owner,
        {
          operation: "submit",
          id,
          phase: "run",
          input: inlineOf(id),
          digest: id,
          reply: `to ${id}`,
          wait: "",
          timeline: false,
        },
        this.moment,
      );
      this.take();
    }
    this.commit();
  }

  /** As {@link submit}, by a client that waits for the outcome and has time to hear of the acceptance. */
  submitLate(id: string): void {
    const input = inlineOf(id);
    knock(
      this.owner,
      {
        operation: "submit",
        id,
        phase: "run",
        input,
        digest: id,
        reply: `to ${id}`,
        wait: `end of ${id}`,
        timeline: false,
        late: true,
      },
      this.moment,
    );
    this.take();
    this.commit();
  }

  /** Journals everything that is pending, and what comes of it, until nothing is. */
  commit(): void {
    while (this.pending.length > 0) {
      const entries = this.pending.splice(0);
      this.journal.push(...entries.map(({ event }) => event));
      commit(this.owner, entries, this.moment);
      this.take();
    }
  }

  hear(from: Speaker, ...messages: UpMessage[]): void {
    hear(this.owner, { from, messages }, this.moment);
    this.take();
  }

  /** Time passes, with its ticks, and its beats if somebody is named. */
  pass(ms: number, ...beating: { readonly from: Speaker; readonly beat: Beat }[]): void {
    for (let passed = 0; passed < ms; passed += 100) {
      this.now += 100;
      if (this.now % 1_000 === 0) for (const { from, beat } of beating) this.hear(from, beat);
      tick(this.owner, this.moment);
      this.take();
    }
  }

  /** What was said since the last look. */
  said(): { readonly replica: string; readonly message: DownMessage }[] {
    return this.#said.splice(0);
  }

  /** The `run` messages since the last look. */
  runs(): Run[] {
    return this.said().flatMap(({ message }) => (message.type === "run" ? [message] : []));
  }

  job(id: string): Job | undefined {
    return this.owner.state.jobs.get(id);
  }

  #become(state: JournalState): Owner {
    const owner = newOwner(state, { epoch: state.epoch + 1, settings: this.#settings, random: () => 0 });
    owner.current = this.graph;
    const epoch: JournalEvent = { type: "epoch", epoch: owner.epoch, owner: "fixture", at: this.moment.wall };
    this.journal.push(epoch);
    commit(owner, [{ event: epoch, context: {} }], this.moment);
    takeOver(owner, this.moment);
    return owner;
  }

  /** Carries out what the owner left to be done. To be called by who calls the core directly. */
  take(): void {
    for (const command of takeCommands(this.owner)) {
      if (command.kind === "append") this.pending.push({ event: command.event, context: command.context });
      else if (command.kind === "send") this.#said.push({ replica: command.replica, message: command.message });
      else if (command.kind === "read-record")
        this.reads.push({ page: command.page, job: command.job, use: command.use });
      else if (command.kind === "purge-blob") this.purged.push(command.id);
      else if (command.kind === "reply") this.replies.push({ to: command.to, reply: command.reply });
    }
  }
}

export function speaker(group: string, replica: string, instance = "1"): Speaker {
  return { group, replica, instance: `${replica}.${instance}` };
}

export function beatOf(graph: Graph, group: string, executions: Beat["executions"] = [], permits = 1): Beat {
  const templateHash = graph.groups.find(({ name }) => name === group)?.templateHash ?? "";
  return { type: "beat", version: PROTOCOL_VERSION, state: "ready", permits, templateHash, epoch: 1, executions };
}

export function doneOf({ job, lease }: Pick<Run, "job" | "lease">, module: number, last: boolean): Done {
  return {
    type: "done",
    job,
    lease,
    module,
    output: inlineOf(`${lease}/${module}`),
    last,
    spans: [{ module, startedAt: 0, endedAt: 1 }],
  };
}

export function failOf({ job, lease }: Pick<Run, "job" | "lease">, fault: "own" | "shared" = "own"): Fail {
  return {
    type: "fail",
    job,
    lease,
    module: 0,
    failure: { code: "ModuleError", kind: "retryable", message: "it threw" },
    fault,
    spans: [],
  };
}
