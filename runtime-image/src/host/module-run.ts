import type { Json, JsonObject } from "@troupe/model";
import {
  decodeValue,
  ResultSet,
  type Logger,
  type ProcessContext,
  type ResourceClaim,
  type ResultEntry,
} from "@troupe/sdk";
import type { EncodedValue } from "@troupe/sdk";
import type { Block } from "./block.ts";
import type { Journalist, Voice } from "./journalist.ts";
import type { Member, Parent } from "./modules.ts";
import type { ProgressMeter } from "./progress-meter.ts";

/** What a run needs to speak to the outside. */
export interface Reporters {
  readonly journalist: Journalist;
  readonly progress: ProgressMeter;
}

/** The context of one run of one module. What costs something is made when it is first read. */
export class ModuleRun implements ProcessContext {
  readonly #block: Block;
  readonly #member: Member;
  readonly #reporters: Reporters;
  readonly voice: Voice;
  #input: { readonly value: unknown } | null = null;
  #results: ResultSet | null = null;
  #items: readonly unknown[] | null = null;

  constructor(block: Block, member: Member, reporters: Reporters) {
    this.#block = block;
    this.#member = member;
    this.#reporters = reporters;
    this.voice = { module: member.module.name, execution: block.order };
  }

  get pipeline(): string {
    return this.#member.boot.pipeline;
  }
  get module(): string {
    return this.#member.boot.module;
  }
  get type(): string {
    return this.#member.boot.type;
  }
  get group(): string {
    return this.#member.boot.group;
  }
  get replica(): string {
    return this.#member.boot.replica;
  }
  get parameters(): JsonObject {
    return this.#member.boot.parameters;
  }
  get sharedParameters(): JsonObject {
    return this.#member.boot.sharedParameters;
  }
  get context(): Json {
    return this.#member.boot.context;
  }
  get resources(): ResourceClaim {
    return this.#member.boot.resources;
  }
  get signal(): AbortSignal {
    return this.#block.signal;
  }
  get logger(): Logger {
    return this.#reporters.journalist.loggerOf(this.voice);
  }
  get job(): string {
    return this.#block.order.job;
  }
  get attempt(): number {
    return this.#block.order.attempt;
  }
  get idempotencyKey(): string {
    return this.#block.order.key;
  }

  get input(): unknown {
    this.#input ??= { value: decodeValue(this.#block.input, this.#block.inputReaders) };
    return this.#input.value;
  }

  get results(): ResultSet {
    this.#results ??= resultSetOf(this.#member.parents, this.#block);
    return this.#results;
  }

  get items(): readonly unknown[] {
    this.#items ??= this.#block.itemsOf(this.#member.index).map((item) => decodeValue(item));
    return this.#items;
  }

  /** A function of its own, so that it can be taken out of the context. */
  get progress(): (fraction: number | null, message?: string) => void {
    return (fraction, message) => {
      if (!this.#block.ended) {
        this.#reporters.progress.report(this.#block.order.n, this.#member.index, {
          fraction,
          message: message ?? null,
        });
      }
    };
  }
}

/** Parents that have no result in this phase (the regular ones in `process`) are left out. */
function resultSetOf(parents: readonly Parent[], block: Block): ResultSet {
  const entries: ResultEntry[] = [];
  for (const parent of parents) {
    const output = block.outputs.get(parent.index);
    if (output !== undefined) entries.push(new LazyEntry(parent, output, block));
  }
  return new ResultSet(entries);
}

class LazyEntry implements ResultEntry {
  readonly #parent: Parent;
  readonly #output: EncodedValue;
  readonly #block: Block;
  #decoded: { readonly value: unknown } | null = null;

  constructor(parent: Parent, output: EncodedValue, block: Block) {
    this.#parent = parent;
    this.#output = output;
    this.#block = block;
  }

  get name(): string {
    return this.#parent.name;
  }
  get type(): string {
    return this.#parent.type;
  }
  get produces(): string | null {
    return this.#parent.produces;
  }
  get expose(): string | null {
    return this.#parent.expose;
  }
  get value(): unknown {
    this.#decoded ??= { value: decodeValue(this.#output, this.#block.readersOf(this.#parent.index)) };
    return this.#decoded.value;
  }
}
