import type { Interface } from "./interface.ts";
import type { ModuleClass } from "./module.ts";
import { nameOf } from "./registry.ts";

/** One parent's result. */
export interface ResultEntry {
  /** The parent's module name. */
  readonly name: string;
  /** Its registered type. */
  readonly type: string;
  /** The name of the interface that it produces; null when not declared. */
  readonly produces: string | null;
  /** The name under which it is exposed; null when it is not. */
  readonly expose: string | null;
  /** The JSON value, or a `Uint8Array`. Decoded when first read. */
  readonly value: unknown;
}

/**
 * Which results: a string is a module's name, else an expose name, else an interface or module type, whichever is found
 * first; an interface or a module class stands for all results of that kind.
 */
export type Selector<Value = unknown> = string | Interface<Value> | ModuleClass;

/** There is no such result, or more than one. */
export class ResultSelectionError extends Error {
  override readonly name = "ResultSelectionError";
}

/** The results of a module's direct parents, in the order in which `dependsOn` names them. */
export class ResultSet implements Iterable<ResultEntry> {
  readonly #entries: readonly ResultEntry[];

  constructor(entries: readonly ResultEntry[]) {
    this.#entries = entries;
  }

  get size(): number {
    return this.#entries.length;
  }

  has(selector: Selector): boolean {
    return this.#select(selector).length > 0;
  }

  /** @throws {ResultSelectionError} when no result or several fit. */
  get<Value = unknown>(selector: Selector<Value>): Value {
    const found = this.#select(selector);
    const [entry] = found;
    if (entry === undefined) throw new ResultSelectionError(this.#missing(selector));
    if (found.length > 1) {
      const names = found.map(({ name }) => name).join(", ");
      throw new ResultSelectionError(
        `"${nameOf(selector)}" is the result of several parents (${names}): use results.of(…), or get one by its module's name.`,
      );
    }
    return valueAs<Value>(entry);
  }

  /** The values of all results that fit, in declared order. */
  of<Value = unknown>(selector: Selector<Value>): Value[] {
    return this.#select(selector).map((entry) => valueAs<Value>(entry));
  }

  /** All values, in declared order. */
  all<Value = unknown>(): Value[] {
    return this.#entries.map((entry) => valueAs<Value>(entry));
  }

  entries(): readonly ResultEntry[] {
    return this.#entries;
  }

  [Symbol.iterator](): Iterator<ResultEntry> {
    return this.#entries[Symbol.iterator]();
  }

  #select(selector: Selector): readonly ResultEntry[] {
    const name = nameOf(selector);
    if (typeof selector === "string") {
      const byName = this.#entries.filter((entry) => entry.name === name);
      if (byName.length > 0) return byName;
      const exposed = this.#entries.filter((entry) => entry.expose === name);
      if (exposed.length > 0) return exposed;
    }
    return this.#entries.filter((entry) => entry.produces === name || entry.type === name);
  }

  #missing(selector: Selector): string {
    const there = this.#entries.map(({ name, type }) => `${name} (${type})`).join(", ") || "none";
    return `No parent has a result "${nameOf(selector)}". Results that are there: ${there}.`;
  }
}

/** The caller says which type the parent returns; nothing at run time can check it. */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters
function valueAs<Value>(entry: ResultEntry): Value {
  return entry.value as Value;
}
