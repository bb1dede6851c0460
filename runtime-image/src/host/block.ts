import type { Failure } from "@troupe/protocol";
import type { EncodedValue } from "@troupe/sdk";
import { fromHostPayload } from "./host-payload.ts";
import type { Member, Prepared } from "./modules.ts";
import { modulesToRun } from "./plan-block.ts";
import type { RunOrder } from "./protocol.ts";

/** One execution of the group's modules for one job, as it runs. */
export class Block {
  readonly order: RunOrder;
  readonly slot: number;
  readonly members: readonly Member[];
  /** Outputs that are known, by module index. */
  readonly outputs = new Map<number, EncodedValue>();
  readonly input: EncodedValue;
  /** Set once the block has been reported; what its code still does is nobody's business. */
  ended = false;
  spans: number[] = [];
  readonly #controller = new LazyController();
  /** What the block was aborted for; null while it was not. */
  abortReason: string | null = null;

  constructor(order: RunOrder, prepared: Prepared, slot: number) {
    this.order = order;
    this.slot = slot;
    this.input = fromHostPayload(order.input);
    for (const [module, payload] of order.results) this.outputs.set(module, fromHostPayload(payload));
    this.members = membersOf(order, prepared);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** How many modules of the block may read the input: any of them may. */
  get inputReaders(): "one" | "many" {
    return this.members.length === 1 ? "one" : "many";
  }

  /** How many modules of the block may read a module's result. Who made one of them keeps what it returned to itself. */
  readersOf(module: number): "one" | "many" {
    return this.members.filter(({ parents }) => parents.some(({ index }) => index === module)).length === 1
      ? "one"
      : "many";
  }

  abort(reason: string): void {
    this.abortReason ??= reason;
    this.#controller.abort(new BlockAborted(reason));
  }

  itemsOf(module: number): readonly EncodedValue[] {
    return (this.order.items.find(([index]) => index === module)?.[1] ?? []).map(fromHostPayload);
  }

  /** The spans since the last message; they travel once. */
  takeSpans(): readonly number[] {
    const taken = this.spans;
    this.spans = [];
    return taken;
  }
}

/** The reason of a module's AbortSignal. */
export class BlockAborted extends Error {
  override readonly name = "AbortError";
}

/** How one module of a block came out. */
export type ModuleOutcome =
  { readonly ok: true; readonly output: EncodedValue } | { readonly ok: false; readonly failure: Failure };

function membersOf(order: RunOrder, { revision, group, members }: Prepared): Member[] {
  const inherited = new Set(order.results.map(([module]) => module));
  return modulesToRun(revision, group, order.phase, inherited).flatMap((index) => members.get(index) ?? []);
}

/** Most modules never look at their signal, so that it is made when one does. */
class LazyController {
  #controller: AbortController | null = null;
  #reason: Error | null = null;

  get signal(): AbortSignal {
    if (this.#controller === null) {
      this.#controller = new AbortController();
      if (this.#reason !== null) this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }

  abort(reason: Error): void {
    this.#reason ??= reason;
    this.#controller?.abort(reason);
  }
}
