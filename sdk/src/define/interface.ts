/** What two copies of the SDK know each other's interfaces by. */
const INTERFACE = Symbol.for("troupe.interface");

/**
 * A name for a kind of result. A module `produces` one and says which it `accepts`; the two are compared by name, exactly, when
 * modules are connected. `Value` is the type of such a result, for the compiler alone: values are not checked.
 */
export interface Interface<Value = unknown> {
  readonly name: string;
  readonly [INTERFACE]: true;
  /** Never there; it carries the type. */
  readonly value?: Value;
}

/**
 * @example
 * const Text = defineInterface<string>("text");
 * class Read extends Module { static produces = Text; … }
 * class Count extends Module { static accepts = [Text]; … }
 */
export function defineInterface<Value = unknown>(name: string): Interface<Value> {
  if (name === "") throw new TypeError('An interface needs a name: defineInterface("text").');
  return Object.freeze({ name, [INTERFACE]: true as const });
}

export function isInterface(value: unknown): value is Interface {
  return typeof value === "object" && value !== null && Reflect.get(value, INTERFACE) === true;
}
