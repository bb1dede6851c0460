/** Systems for modules that misbehave, and what has to hold after each of them. */
import { Pipeline, type GroupOptions, type JobOutcome, type RunningPipeline, type StartOptions } from "@troupe/sdk";
import type { ExecutionContext } from "ava";
import { join } from "node:path";
import { eventually } from "../../support/eventually.ts";
import { isRunning, processesWith } from "../../support/processes.ts";
import type { Order } from "./modules/obey.ts";

export const MODULES = join(import.meta.dirname, "modules");

export interface Setting {
  readonly group?: Omit<GroupOptions, "name">;
  /** Of the module that misbehaves. */
  readonly timeoutSeconds?: number;
  readonly maxAttempts?: number;
}

/** `before` in g1, the module that misbehaves in g2, `after` in g3. A failed block is tried again at once. */
export function badPipeline({ group = {}, timeoutSeconds, maxAttempts = 2 }: Setting): Pipeline<string> {
  const jobs = { maxAttempts, backoff: { initialSeconds: 0.01 } };
  return new Pipeline<string>("bad-modules", { modules: MODULES, jobs })
    .addGroup({ name: "g2", graceSeconds: 0.1, ...group })
    .addModule("before", "pass", { group: "g1" })
    .addModule("bad", "obey", {
      group: "g2",
      dependsOn: "before",
      expose: true,
      ...(timeoutSeconds === undefined ? {} : { timeoutSeconds }),
    })
    .addModule("after", "pass", { group: "g3", dependsOn: "bad" });
}

export class BadSystem {
  readonly running: RunningPipeline;
  readonly #t: ExecutionContext;

  constructor(t: ExecutionContext, running: RunningPipeline) {
    this.#t = t;
    this.running = running;
  }

  async order(order: Order): Promise<JobOutcome> {
    return this.running.outcome(order);
  }

  /** The job fails with code and message in the module that misbehaves, and the next one is served. */
  async fails(order: Order, error: { code: string; message: RegExp; attempt: number }): Promise<void> {
    const outcome = await this.order(order);
    const { code, message, attempt } = error;
    if (outcome.state !== "failed") {
      this.#t.fail(`"${order.do}" ended as ${outcome.state}`);
      return;
    }
    const { error: said } = outcome;
    this.#t.like({ ...said }, { code, module: "bad", group: "g2", attempt }, order.do);
    this.#t.regex(said.replica ?? "", /^g2-\d$/, order.do);
    this.#t.regex(said.message, message, order.do);
    await this.serves();
  }

  async serves(): Promise<void> {
    const outcome = await this.order({ do: "well" });
    this.#t.like(outcome, { state: "done", result: { bad: { attempt: 1 } } });
  }

  /** How often a replica's process was started again, so far: one that has just ended is counted only when it is back. */
  restarts(): number {
    return (this.running.local?.processes() ?? []).reduce((sum, { restarts }) => sum + restarts, 0);
  }

  /** Ends when replicas' processes were started again so often; another replica may have served all jobs before. */
  async startedAgain(times: number): Promise<void> {
    await eventually(`${times} restarts`, () => this.restarts() >= times);
    this.#t.is(this.restarts(), times);
  }
}

/** Runs a pipeline for as long as `work` takes; then closing returns, and no process is left. */
export async function withPipeline(
  t: ExecutionContext,
  pipeline: Pipeline<string>,
  work: (running: RunningPipeline) => Promise<void>,
  options: StartOptions = {},
): Promise<void> {
  const running = await pipeline.start({ timeline: true, onLog: () => undefined, cpus: 8, drainMs: 500, ...options });
  try {
    await work(running);
  } finally {
    await closes(t, running);
  }
}

export async function withBad(
  t: ExecutionContext,
  setting: Setting,
  work: (system: BadSystem) => Promise<void>,
): Promise<void> {
  await withPipeline(t, badPipeline(setting), async (running) => work(new BadSystem(t, running)));
}

async function closes(t: ExecutionContext, running: RunningPipeline): Promise<void> {
  const { local } = running;
  if (local === null) throw new Error("it was to run here");
  const pids = local.processes().flatMap(({ pid }) => pid ?? []);
  await running.close();
  t.deepEqual(pids.filter(isRunning), [], "processes that were left");
  await eventually("nothing knows of its NATS any more", () => processesWith(local.natsUrl).length === 0, 2_000);
}
