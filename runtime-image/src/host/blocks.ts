import { Block } from "./block.ts";
import type { Modules } from "./modules.ts";
import type { RunOrder } from "./protocol.ts";
import { runBlock, type Stage } from "./run-block.ts";
import { failureOf } from "./user-error.ts";

/** After so long without a pause the event loop gets a turn: messages, timers and sockets of the modules. */
const TURN_MS = 2;

/** Starts blocks in the order of their orders, as many at a time as there are permits. */
export class Blocks {
  readonly #modules: Modules;
  readonly #stage: Stage;
  readonly #queue: RunOrder[] = [];
  readonly #running = new Map<number, Block>();
  readonly #free: number[];
  #turnStartedAt = 0;
  #pumpScheduled = false;

  constructor(modules: Modules, stage: Stage) {
    this.#modules = modules;
    this.#stage = stage;
    this.#free = Array.from({ length: stage.slots.permits }, (_, slot) => slot).toReversed();
  }

  add(order: RunOrder): void {
    this.#queue.push(order);
  }

  /** Call it when messages were handled: a new turn of the event loop has begun. */
  startTurn(): void {
    this.#turnStartedAt = performance.now();
    this.#pump();
  }

  abort(n: number, reason: string): void {
    if (this.revoke(n)) return;
    this.#running.get(n)?.abort(reason);
  }

  /** Takes a block from the queue. @returns false when it has started already. */
  revoke(n: number): boolean {
    const at = this.#queue.findIndex((order) => order.n === n);
    if (at === -1) return false;
    this.#queue.splice(at, 1);
    this.#stage.outbox.send({ t: "stopped", n, module: null, spans: [] });
    return true;
  }

  /**
   * Fails a running block from outside its modules' calls: a timer or a forgotten promise of its code has thrown.
   * @returns false when the block has ended.
   */
  fail(n: number, error: unknown): boolean {
    const block = this.#running.get(n);
    if (block === undefined) return false;
    const module = this.#stage.slots.running().find(({ execution }) => execution === n)?.module ?? null;
    const failure = failureOf(error, "ModuleError");
    this.#stage.outbox.send({ t: "failed", n, module, failure, spans: block.takeSpans() });
    block.abort("the block failed");
    this.#end(block);
    return true;
  }

  #pump(): void {
    while (this.#queue.length > 0 && this.#free.length > 0) {
      if (performance.now() - this.#turnStartedAt > TURN_MS) {
        this.#pumpLater();
        return;
      }
      const order = this.#queue.shift();
      if (order !== undefined) this.#start(order);
    }
  }

  #pumpLater(): void {
    if (this.#pumpScheduled) return;
    this.#pumpScheduled = true;
    setImmediate(() => {
      this.#pumpScheduled = false;
      this.startTurn();
    });
  }

  #start(order: RunOrder): void {
    const prepared = this.#modules.get(order.revision);
    if (prepared === undefined) {
      const message = `Revision ${order.revision} is not prepared in this host.`;
      const failure = { code: "BootstrapFailed", message, kind: "retryable" } as const;
      this.#stage.outbox.send({ t: "failed", n: order.n, module: null, failure, spans: [] });
      return;
    }
    const slot = this.#free.pop() ?? 0;
    const block = new Block(order, prepared, slot);
    this.#running.set(order.n, block);
    this.#stage.slots.startBlock(slot, order.n, performance.timeOrigin + performance.now());
    void runBlock(block, this.#stage).then(() => {
      this.#end(block);
    });
  }

  #end(block: Block): void {
    if (block.ended) return;
    block.ended = true;
    this.#stage.slots.endBlock(block.slot);
    this.#running.delete(block.order.n);
    this.#free.push(block.slot);
    this.#pump();
  }
}
