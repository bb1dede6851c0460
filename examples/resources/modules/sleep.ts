import { setTimeout as sleep } from "node:timers/promises";
import { defineModule, type RunContext } from "@troupe/sdk";

/** Mimics some processing. Takes the seconds of its parameters, times the `scale` of the context. */
async function mimic(ctx: RunContext, defaultSeconds: number): Promise<null> {
  const seconds = Number(ctx.parameters["seconds"] ?? defaultSeconds);
  await sleep(seconds * scaleOf(ctx.context) * 1000, null, { signal: ctx.signal });
  return null;
}

/** Tests run with `--context '{"scale": 0.01}'`. */
function scaleOf(context: RunContext["context"]): number {
  return typeof context === "object" && context !== null && "scale" in context ? Number(context["scale"]) : 1;
}

defineModule("example-module", (ctx) => mimic(ctx, 1));
defineModule("long-running-module", (ctx) => mimic(ctx, 5));
