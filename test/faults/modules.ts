/** Modules of the fault runs: a few milliseconds of work each, and a line in a file for every time that one runs. */
import { appendFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { defineModule, type RunContext } from "@troupe/sdk";

const WORK_MS = 3;

async function work(context: RunContext, value: number): Promise<number> {
  const file = context.sharedParameters["executions"];
  if (typeof file === "string") appendFileSync(file, `${context.job} ${context.module} ${String(context.attempt)}\n`);
  await delay(WORK_MS);
  return value;
}

const numberOf = (context: RunContext, parent: string): number => Number(context.results.get(parent));

defineModule("fault-a", async (context) => work(context, Number(context.input) * 3 + 1));
defineModule("fault-b", async (context) => work(context, numberOf(context, "a") + 10));
defineModule("fault-c", async (context) => work(context, numberOf(context, "a") * 7));
defineModule("fault-d", async (context) => work(context, numberOf(context, "b") * 1000 + numberOf(context, "c")));

/** What the four of them make of an input. */
export function expected(input: number): number {
  const a = input * 3 + 1;
  return (a + 10) * 1000 + a * 7;
}
