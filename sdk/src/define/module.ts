import type { Interface } from "./interface.ts";
import type { BootContext, ProcessContext, RunContext } from "./context.ts";

/** How aggregates are known across copies of the SDK. */
const AGGREGATE = Symbol.for("troupe.aggregate");

/**
 * A unit of work. One instance lives in every replica of its group: `bootstrap` runs once, `run` once for every job, `teardown`
 * before the replica leaves. Every method may be sync or async.
 *
 * What `run` returns is the module's result: anything that JSON can carry, or bytes (`Uint8Array`, `ArrayBuffer`, any typed array).
 * `undefined` becomes null. It may be called more than once for the same job (a replica can die after it worked), so let
 * effects outside depend on `ctx.idempotencyKey`.
 *
 * @example
 * export class Upper extends Module {
 *   static type = "upper";
 *   run(ctx: RunContext<string>) { return ctx.input.toUpperCase(); }
 * }
 */
export abstract class Module {
  /** The name under which pipelines refer to it. An exported class with a type of its own needs no `register`. */
  static type?: string;
  /** The interface of its results. */
  static produces?: Interface | string;
  /** Interfaces and module types whose results it takes; compared exactly. Not declared: everything is taken. */
  static accepts?: readonly Acceptable[];

  /** Loads what every run needs. Throwing makes the replica `broken`; it is tried again with backoff. */
  bootstrap?(boot: BootContext): unknown;

  abstract run(ctx: RunContext): unknown;

  /** Gives back what `bootstrap` took. */
  teardown?(boot: BootContext): unknown;
}

/**
 * Collects what many jobs bring, and yields one result when `process` is asked for. It keeps nothing in memory: what `aggregate`
 * returns is journalled, and `process` is given all of it, so nothing is lost when the replica dies.
 */
export abstract class Aggregate {
  static type?: string;
  static produces?: Interface | string;
  static accepts?: readonly Acceptable[];
  static readonly [AGGREGATE] = true;

  bootstrap?(boot: BootContext): unknown;

  /**
   * What to keep of one job. By default the result of its only parent, an object of the parents' results by module name
   * when it has several, or the job's input when it has none.
   */
  aggregate(ctx: RunContext): unknown {
    const entries = ctx.results.entries();
    const [first] = entries;
    if (first === undefined) return ctx.input;
    return entries.length === 1 ? first.value : Object.fromEntries(entries.map((entry) => [entry.name, entry.value]));
  }

  /** The result over all items; by default the items themselves. */
  process(ctx: ProcessContext): unknown {
    return ctx.items;
  }

  teardown?(boot: BootContext): unknown;
}

/** What `accepts` may list: an interface, its name, a module type's name, or the module class itself. */
export type Acceptable = Interface | string | ModuleClass;

/** A class that modules or aggregates are made of: no constructor arguments, what it needs comes in contexts. */
export type ModuleClass = ConcreteModule | ConcreteAggregate;

interface ModuleStatics {
  readonly type?: string | undefined;
  readonly produces?: Interface | string | undefined;
  readonly accepts?: readonly Acceptable[] | undefined;
}

/** What the engine calls. A class of another copy of the SDK, or of none, fits as well. */
export interface ModuleInstance {
  bootstrap?(boot: BootContext): unknown;
  run?(ctx: RunContext): unknown;
  aggregate?(ctx: RunContext): unknown;
  process?(ctx: ProcessContext): unknown;
  teardown?(boot: BootContext): unknown;
}

interface ConcreteModule extends ModuleStatics {
  new (): ModuleInstance & { run(ctx: RunContext): unknown };
}

interface ConcreteAggregate extends ModuleStatics {
  new (): ModuleInstance & { aggregate(ctx: RunContext): unknown; process(ctx: ProcessContext): unknown };
}

/** Whether a class extends {@link Aggregate}, of this copy of the SDK or of another. */
export function isAggregateClass(cls: ModuleClass): boolean {
  return Reflect.get(cls, AGGREGATE) === true;
}
