import { flushCompileCache } from "node:module";
import type { MessagePort } from "node:worker_threads";
import type { Revision } from "@troupe/model";
import { Blocks } from "./blocks.ts";
import { Journalist } from "./journalist.ts";
import { hearLastWords } from "./last-words.ts";
import { loadModules } from "./load-modules.ts";
import { Modules, PrepareError } from "./modules.ts";
import { HostOutbox } from "./outbox.ts";
import { ProgressMeter } from "./progress-meter.ts";
import type { HostStart, LoadProblem, ToHost } from "./protocol.ts";
import { Slots } from "./slots.ts";
import { failureOf } from "./user-error.ts";

/** Loads the modules, then serves the agent until it says `close` or ends the thread. */
export async function serveAgent(start: Extract<HostStart, { mode: "serve" }>, port: MessagePort): Promise<void> {
  const outbox = new HostOutbox(port);
  const journalist = new Journalist(outbox);
  const slots = new Slots(start.slots);
  let blocks: Blocks | null = null;
  journalist.listen();
  hearLastWords({ outbox, journalist, slots, blocks: () => blocks });

  const { files, problems } = await loadModules(start.files);
  // Now, for a host that is ended by its agent has no time for it: the next one finds modules compiled, and their types removed.
  flushCompileCache();
  const [problem] = problems;
  if (problem !== undefined) {
    outbox.send({ t: "unloadable", failure: unloadable(problem) });
    outbox.flush();
    return;
  }
  const modules = new Modules({ group: start.group, replica: start.replica, files, journalist });
  blocks = new Blocks(modules, { outbox, journalist, slots, progress: new ProgressMeter(outbox) });
  const host = new Host(modules, blocks, outbox);
  port.on("message", (batch: readonly ToHost[]) => {
    slots.takeTurn();
    host.handle(batch);
  });
  outbox.send({ t: "loaded" });
}

class Host {
  readonly #modules: Modules;
  readonly #blocks: Blocks;
  readonly #outbox: HostOutbox;

  constructor(modules: Modules, blocks: Blocks, outbox: HostOutbox) {
    this.#modules = modules;
    this.#blocks = blocks;
    this.#outbox = outbox;
  }

  handle(batch: readonly ToHost[]): void {
    for (const order of batch) this.#obey(order);
    this.#blocks.startTurn();
  }

  #obey(order: ToHost): void {
    switch (order.t) {
      case "run":
        this.#blocks.add(order);
        break;
      case "abort":
        this.#blocks.abort(order.n, order.reason);
        break;
      case "revoke":
        this.#blocks.revoke(order.n);
        break;
      case "prepare":
        void this.#prepare(order.revision);
        break;
      case "retire":
        void this.#modules.retire(order.revision);
        break;
      case "close":
        void this.#close();
        break;
    }
  }

  async #prepare(revision: Revision): Promise<void> {
    try {
      await this.#modules.prepare(revision);
      this.#outbox.send({ t: "prepared", revision: revision.id });
    } catch (error) {
      const failure = error instanceof PrepareError ? error.failure : failureOf(error, "BootstrapFailed");
      this.#outbox.send({ t: "unprepared", revision: revision.id, failure });
    }
  }

  async #close(): Promise<void> {
    await this.#modules.close();
    this.#outbox.send({ t: "closed" });
    this.#outbox.flush();
  }
}

function unloadable({ message, hint, stack }: LoadProblem): ReturnType<typeof failureOf> {
  const text = hint === "" ? message : `${message}. ${hint}`;
  return { code: "BootstrapFailed", message: text, kind: "retryable", ...(stack === null ? {} : { stack }) };
}
