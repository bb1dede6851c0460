/** What the host reports becomes messages to the owner, which are kept until they are acknowledged (E3). */
import { INLINE_LIMIT, type BlobStore, type Failure, type ModuleSpan } from "@troupe/protocol";
import type { FlatSpans, HostDone } from "../host/protocol.ts";
import { WHOLE_EXECUTION, type Execution, type KeptMessage } from "./core/execution.ts";
import type { Executions } from "./core/executions.ts";
import { bytesOf } from "./payloads.ts";
import type { Revisions } from "./revisions.ts";
import type { Uplink } from "./uplink.ts";

export interface Charge {
  readonly failure: Failure;
  readonly module: number | null;
  readonly fault: "own" | "shared";
  readonly spans: readonly ModuleSpan[];
}

export interface ResultsListener {
  /** A result could not be stored; its block is of no use any more. */
  readonly onLost: (execution: Execution, failure: Failure) => void;
}

export class Results {
  readonly #executions: Executions;
  readonly #uplink: Uplink;
  readonly #blobs: BlobStore;
  readonly #revisions: Revisions;
  readonly #listener: ResultsListener;
  /** The last message of an execution that waits for a payload to be stored; those after it wait for it. */
  readonly #tails = new Map<Execution, Promise<void>>();

  constructor(
    parts: {
      readonly executions: Executions;
      readonly uplink: Uplink;
      readonly blobs: BlobStore;
      readonly revisions: Revisions;
    },
    listener: ResultsListener,
  ) {
    this.#executions = parts.executions;
    this.#uplink = parts.uplink;
    this.#blobs = parts.blobs;
    this.#revisions = parts.revisions;
    this.#listener = listener;
  }

  done(execution: Execution, done: HostDone): void {
    const { module, last, spans } = done;
    const { kind, bytes } = bytesOf(done.output);
    const { job, lease } = execution.run;
    const message = { type: "done", job, lease, module, last, spans: spansOf(spans) } as const;
    if (bytes.byteLength <= INLINE_LIMIT) {
      this.#inOrder(execution, { ...message, output: { kind, bytes } });
      return;
    }
    this.#after(execution, async () => {
      const readers = this.#isExposed(execution, module) ? "anybody" : "replicas";
      const output = await this.#blobs.put({ job, slot: String(module), readers }, kind, bytes);
      this.#send(execution, { ...message, output });
    });
  }

  /** What is exposed may be read by clients, wherever they are. */
  #isExposed({ run }: Execution, module: number): boolean {
    return this.#revisions.get(run.revision)?.modules[module]?.expose !== null;
  }

  fail(execution: Execution, { failure, module, fault, spans }: Charge): void {
    const { job, lease } = execution.run;
    this.#inOrder(execution, { type: "fail", job, lease, module, failure, fault, spans });
  }

  handBack(execution: Execution): void {
    const { job, lease } = execution.run;
    this.#inOrder(execution, { type: "back", job, lease, started: execution.stage === "hosted" });
  }

  /** A message never overtakes an earlier one of its execution: `last` has to be the last. */
  #inOrder(execution: Execution, message: KeptMessage): void {
    if (execution.unsent === 0) this.#send(execution, message);
    else
      this.#after(execution, async () => {
        this.#send(execution, message);
      });
  }

  #after(execution: Execution, work: () => Promise<void>): void {
    execution.unsent += 1;
    const before = this.#tails.get(execution) ?? Promise.resolve();
    const tail = before.then(work).catch((error: unknown) => {
      this.#lose(execution, error);
    });
    this.#tails.set(execution, tail);
    void tail.then(() => {
      execution.unsent -= 1;
      if (execution.unsent > 0) return;
      this.#tails.delete(execution);
      this.#executions.settle(execution);
    });
  }

  #lose(execution: Execution, error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    const message = `A result of job ${execution.run.job} could not be stored: ${reason}`;
    this.#listener.onLost(execution, { code: "PayloadUnavailable", message, kind: "retryable" });
  }

  #send(execution: Execution, message: KeptMessage): void {
    // After a failure nothing else of the execution counts.
    if (execution.cancelled || execution.kept.has(WHOLE_EXECUTION)) return;
    this.#executions.keep(execution, message, performance.now());
    this.#uplink.send(message);
  }
}

/** The host's flat spans as they travel. */
export function spansOf(flat: FlatSpans): ModuleSpan[] {
  const spans: ModuleSpan[] = [];
  for (let at = 0; at + 2 < flat.length; at += 3) {
    spans.push({ module: flat[at] ?? 0, startedAt: flat[at + 1] ?? 0, endedAt: flat[at + 2] ?? 0 });
  }
  return spans;
}
