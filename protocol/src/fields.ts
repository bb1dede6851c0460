import { EnvelopeError } from "./envelope.ts";

type FieldType = "string" | "number" | "boolean" | "object" | "array";

/** Reads the fields of a parsed JSON object, each checked: the border between bytes and types. */
export class Fields {
  readonly #raw: Record<string, unknown>;
  readonly #what: string;

  /** @throws {EnvelopeError} when `raw` is no object. */
  constructor(raw: unknown, what: string) {
    if (typeof raw !== "object" || raw === null) throw new EnvelopeError(`${what} is no object`);
    this.#raw = raw as Record<string, unknown>;
    this.#what = what;
  }

  has(name: string): boolean {
    return name in this.#raw;
  }

  /** The names of all fields. */
  get names(): readonly string[] {
    return Object.keys(this.#raw);
  }

  get(name: string): unknown {
    return this.#raw[name];
  }

  string(name: string): string {
    const value = this.#raw[name];
    if (typeof value !== "string") throw this.#wrong(name, "string");
    return value;
  }

  number(name: string): number {
    const value = this.#raw[name];
    if (typeof value !== "number") throw this.#wrong(name, "number");
    return value;
  }

  array(name: string): readonly unknown[] {
    const value = this.#raw[name];
    if (!Array.isArray(value)) throw this.#wrong(name, "array");
    return value;
  }

  object(name: string): Fields {
    return new Fields(this.#raw[name], `${this.#what}.${name}`);
  }

  /** Checks the types of several fields. */
  check(types: Readonly<Record<string, FieldType>>): void {
    for (const name in types) {
      const value = this.#raw[name];
      const type = types[name];
      const found = Array.isArray(value) ? "array" : value === null ? "null" : typeof value;
      if (type !== undefined && found !== type) throw this.#wrong(name, type);
    }
  }

  // The two that follow are the border itself: what was checked is from here on what it says it is.
  /* eslint-disable @typescript-eslint/no-unnecessary-type-parameters */

  /** The object itself as the type that the checks before this call have shown it to be. */
  as<T>(): T {
    return this.#raw as T;
  }

  /** The object itself, some of its fields replaced by what they stand for. The object is ours: it was parsed for this call. */
  replaced<T>(fields: Readonly<Record<string, unknown>>): T {
    return Object.assign(this.#raw, fields) as T;
  }

  /* eslint-enable @typescript-eslint/no-unnecessary-type-parameters */

  #wrong(name: string, type: FieldType): EnvelopeError {
    return new EnvelopeError(`${this.#what}.${name} is no ${type}`);
  }
}
