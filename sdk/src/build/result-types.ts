/** What a pipeline's jobs result in, as far as the compiler can know it. */
import type { ModuleClass } from "../define/index.ts";

/** What the module returns. Through JSON a date becomes a text; the compiler does not know that. */
export type ReturnOf<Type> = Type extends new () => { run(...args: never[]): infer R } ? Awaited<R> : unknown;

/** The part of a job's result that one module exposes. */
export type Exposed<Name extends string, Type extends string | ModuleClass, Expose> = Expose extends true
  ? { readonly [K in Name]: ReturnOf<Type> }
  : Expose extends string
    ? { readonly [K in Expose]: ReturnOf<Type> }
    : unknown;
