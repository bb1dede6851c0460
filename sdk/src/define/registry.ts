import { isInterface, type Interface } from "./interface.ts";
import { isAggregateClass, type Acceptable, type ModuleClass } from "./module.ts";

/** A registered module type. */
export interface Registration {
  readonly type: string;
  readonly cls: ModuleClass;
  readonly aggregate: boolean;
  readonly produces: Interface | string | null;
  readonly accepts: readonly Acceptable[] | null;
  /** The file that registered it; null when that cannot be told. */
  readonly file: string | null;
}

export interface RegisterOptions {
  /** The interface of its results. Default: the class's `produces`. */
  readonly produces?: Interface | string;
  /** Whose results it takes. Default: the class's `accepts`. */
  readonly accepts?: readonly Acceptable[];
  /** The file to name in errors. Default: the file of the caller. */
  readonly file?: string;
}

/** Two modules ask for one type, or a type has no name. */
export class RegistrationError extends Error {
  override readonly name = "RegistrationError";
}

const KEY = Symbol.for("troupe.registry");

/** Shared by all copies of the SDK in this thread. */
function registry(): Map<string, Registration> {
  const found: unknown = Reflect.get(globalThis, KEY);
  if (found instanceof Map) return found as Map<string, Registration>;
  const made = new Map<string, Registration>();
  Reflect.set(globalThis, KEY, made);
  return made;
}

/**
 * Makes a class available under a type name. The first registration of a class under a type counts.
 *
 * @example
 * register("upper", Upper);
 * register(Upper); // with `static type = "upper"`
 * @throws {RegistrationError} when another class has the type, or there is no type.
 */
export function register(type: string, cls: ModuleClass, options?: RegisterOptions): void;
export function register(cls: ModuleClass, options?: RegisterOptions): void;
export function register(
  first: string | ModuleClass,
  second?: ModuleClass | RegisterOptions,
  third?: RegisterOptions,
): void {
  const [cls, options] = typeof first === "string" ? [second, third] : [first, second];
  if (typeof cls !== "function") throw new RegistrationError(`register("${String(first)}", …) needs a class.`);
  const given = typeof options === "function" || options === undefined ? {} : options;
  add(typeof first === "string" ? first : (first.type ?? ""), cls, { file: callerOf(register), ...given });
}

type Placed = Omit<RegisterOptions, "file"> & { readonly file: string | null };

/** For the builders beside this file, which know their caller themselves. */
export function add(type: string, cls: ModuleClass, options: Placed): void {
  if (type === "") {
    throw new RegistrationError(
      `${cls.name || "A class"} has no type: write \`static type = "…"\` or register("…", class).`,
    );
  }
  const former = registry().get(type);
  if (former !== undefined && former.cls !== cls) throw registeredTwice(type, former.file, options.file);
  registry().set(type, former ?? registrationFor(type, cls, options));
}

function registrationFor(type: string, cls: ModuleClass, { produces, accepts, file }: Placed): Registration {
  return {
    type,
    cls,
    aggregate: isAggregateClass(cls),
    produces: produces ?? cls.produces ?? null,
    accepts: accepts ?? cls.accepts ?? null,
    file,
  };
}

function registeredTwice(type: string, first: string | null, second: string | null): RegistrationError {
  const places = first === second ? `in ${first ?? "code"}` : `by ${first ?? "code"} and by ${second ?? "code"}`;
  const message = `Module type "${type}" is registered twice: ${places}.`;
  return new RegistrationError(`${message} Rename one of the two.`);
}

/** All registered types, in the order of their registration. */
export function registrations(): readonly Registration[] {
  return [...registry().values()];
}

export function registrationOf(type: string): Registration | undefined {
  return registry().get(type);
}

/** Forgets one type; for tests of modules. */
export function unregister(type: string): void {
  registry().delete(type);
}

/** The name that stands for an interface or a module type when connections are compared. */
export function nameOf(what: Acceptable): string {
  if (typeof what === "string") return what;
  if (isInterface(what)) return what.name;
  if (typeof what === "function") return typeOfClass(what);
  throw new RegistrationError("`accepts` and `produces` take interfaces, module classes or names.");
}

function typeOfClass(cls: ModuleClass): string {
  for (const registration of registry().values()) if (registration.cls === cls) return registration.type;
  return cls.type ?? cls.name;
}

/** The file that called `called`, read from the stack; null when the stack does not say. */
export function callerOf(called: (...args: never[]) => unknown): string | null {
  const holder: { stack?: string } = {};
  Error.captureStackTrace(holder, called);
  const line = holder.stack?.split("\n")[1] ?? "";
  const found = /((?:file:\/\/|\/|[A-Za-z]:[\\/])[^?)]*?)(?:\?[^:)]*)?:\d+:\d+\)?$/.exec(line);
  return found?.[1] === undefined ? null : pathOf(found[1]);
}

function pathOf(place: string): string {
  return place.startsWith("file://") ? decodeURIComponent(new URL(place).pathname) : place;
}
