import type { ProcessContext, RunContext } from "./context.ts";
import { Aggregate, Module, type ModuleClass } from "./module.ts";
import { add, callerOf, type RegisterOptions } from "./registry.ts";

/**
 * A module in one function, registered under `type`.
 *
 * @example
 * defineModule("upper", (ctx: RunContext<string>) => ctx.input.toUpperCase());
 */
export function defineModule<Input = unknown>(
  type: string,
  run: (ctx: RunContext<Input>) => unknown,
  options: RegisterOptions = {},
): ModuleClass {
  const cls = class extends Module {
    override run(ctx: RunContext<Input>): unknown {
      return run(ctx);
    }
  };
  add(type, cls, { file: callerOf(defineModule), ...options });
  return cls;
}

export interface AggregateFunctions<Item> {
  /** What to keep of one job. Default: as {@link Aggregate.aggregate}. */
  readonly aggregate?: (ctx: RunContext) => unknown;
  /** The result over all items. Default: the items. */
  readonly process?: (ctx: ProcessContext<Item>) => unknown;
}

/**
 * An aggregate in one or two functions, registered under `type`.
 *
 * @example
 * defineAggregate<number>("sum", { process: (ctx) => ctx.items.reduce((sum, item) => sum + item, 0) });
 */
export function defineAggregate<Item = unknown>(
  type: string,
  functions: AggregateFunctions<Item>,
  options: RegisterOptions = {},
): ModuleClass {
  const cls = class extends Aggregate {
    override aggregate(ctx: RunContext): unknown {
      return functions.aggregate === undefined ? super.aggregate(ctx) : functions.aggregate(ctx);
    }
    override process(ctx: ProcessContext<Item>): unknown {
      return functions.process === undefined ? super.process(ctx) : functions.process(ctx);
    }
  };
  add(type, cls, { file: callerOf(defineAggregate), ...options });
  return cls;
}
