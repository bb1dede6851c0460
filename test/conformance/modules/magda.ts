/** The modules of the conformance cases, in one flat file, as a ConfigMap could carry it. */
import {
  Aggregate,
  defineInterface,
  defineModule,
  Module,
  type BootContext,
  type ResultSet,
  type RunContext,
} from "@troupe/sdk";
import { setTimeout as delay } from "node:timers/promises";

/** How long one second of MAGDA's articles takes, in milliseconds: `unitMs` of the context. */
function unitMsOf({ context }: RunContext): number {
  return typeof context === "object" && context !== null && "unitMs" in context ? Number(context["unitMs"]) : 0;
}

async function work(ctx: RunContext, units: number): Promise<void> {
  await delay(units * unitMsOf(ctx), undefined, { signal: ctx.signal });
}

defineModule("example-module", async (ctx) => {
  await work(ctx, Number(ctx.parameters["seconds"] ?? 1));
  return null;
});

defineModule("long-running-module", async (ctx) => {
  await work(ctx, 5);
  return null;
});

/** `A:R1` for module A and request R1. The request `fail A` makes module A raise. */
defineModule("label", async (ctx) => {
  if (ctx.parameters["units"] !== undefined) await work(ctx, Number(ctx.parameters["units"]));
  if (ctx.input === `fail ${ctx.module}`) throw new RangeError("Whoops");
  return `${ctx.module}:${String(ctx.input)}`;
});

/** Parents as they were handed over. */
defineModule("parents", (ctx) => ({
  names: ctx.results.entries().map(({ name }) => name),
  values: ctx.results.all(),
  byName: Object.fromEntries(ctx.results.entries().map(({ name }) => [name, ctx.results.get(name)])),
}));

/** What a module is told beside its input. */
defineModule("facts", async (ctx) => {
  await work(ctx, 1);
  const { pipeline, module, type, group, replica, parameters, sharedParameters, context, resources, attempt } = ctx;
  const gpus = process.env["CUDA_VISIBLE_DEVICES"] ?? null;
  return { pipeline, module, type, group, replica, parameters, sharedParameters, context, resources, attempt, gpus };
});

/** The input's number times `parameters.factor`. */
defineModule("times", async (ctx) => {
  await work(ctx, 3);
  return Number(ctx.input) * Number(ctx.parameters["factor"]);
});

/** How often the module was bootstrapped in this replica; says on the log when it is set up and torn down. */
export class Lifecycle extends Module {
  static override type = "lifecycle";
  #bootstraps = 0;

  override bootstrap(boot: BootContext): void {
    this.#bootstraps += 1;
    boot.logger.warn("set up");
  }

  override async run(ctx: RunContext): Promise<unknown> {
    await work(ctx, 1);
    return { replica: ctx.replica, bootstraps: this.#bootstraps };
  }

  override teardown(boot: BootContext): void {
    boot.logger.warn("torn down");
  }
}

const Image = defineInterface("image");

/** The class is exported too: as a selector, and as what another module accepts. */
export const GivesImage = defineModule("gives-image", (ctx) => `image of ${ctx.module}`, { produces: Image });
defineModule("gives-text", (ctx) => `text of ${ctx.module}`, { produces: "text" });
/** Accepts exactly `image`: what is merely called like it, or more special, is refused. */
defineModule("gives-colour-image", () => "colour image", { produces: "colour-image" });
defineModule("takes-image", (ctx) => ctx.results.all(), { accepts: [Image] });
defineModule("takes-giver", (ctx) => ctx.results.all(), { accepts: [GivesImage] });
defineModule("takes-nothing", () => null, { accepts: [] });

/** All ways to choose among parents: an image of A (exposed as `picture`), an image of B, a text of C. */
defineModule("select", ({ results }) => ({
  name: results.get("B"),
  expose: results.get("picture"),
  type: results.get("gives-text"),
  interface: results.of(Image),
  class: results.of(GivesImage),
  has: [results.has("C"), results.has("nobody"), results.has("text")],
  several: messageOf(() => results.get(Image)),
  none: messageOf(() => results.get("nobody")),
  size: sizeOf(results),
}));

function messageOf(select: () => unknown): string {
  try {
    select();
    return "";
  } catch (error) {
    return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  }
}

function sizeOf(results: ResultSet): number {
  return results.size;
}

/** MAGDA's default aggregate: the parents' results, and all of them when it processes. */
export class Collect extends Aggregate {
  static override type = "collect";
}

/** Raises when a collected value asks for it. */
export class Picky extends Aggregate {
  static override type = "picky";

  override aggregate(ctx: RunContext): unknown {
    const value = super.aggregate(ctx);
    if (value === "R:poison") throw new RangeError("Whoops");
    return value;
  }
}

/** How many items its parent gave. */
defineModule("count", ({ results }) => results.all<unknown[]>().map((items) => items.length));
