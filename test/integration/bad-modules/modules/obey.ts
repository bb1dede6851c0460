/** A module that misbehaves as the job's input says. */
import { randomUUID } from "node:crypto";
import { defineModule, TerminalError, type RunContext } from "@troupe/sdk";
import { setTimeout as delay } from "node:timers/promises";

export interface Order {
  readonly do: string;
  readonly ms?: number;
  readonly signal?: NodeJS.Signals;
  /** How long to behave first, in milliseconds. */
  readonly after?: number;
}

/** Another one in every host that loads this file. */
const HOST = randomUUID();

defineModule("pass", (ctx: RunContext<Order>) => ctx.input.do);

defineModule("obey", async (ctx: RunContext<Order>) => {
  if (ctx.input.after !== undefined) await delay(ctx.input.after);
  return obey(ctx);
});

async function obey(ctx: RunContext<Order>): Promise<unknown> {
  const { do: what, ms = 0 } = ctx.input;
  switch (what) {
    case "throw":
      throw new RangeError("as asked");
    case "throw nothing":
      // eslint-disable-next-line @typescript-eslint/only-throw-error -- people do
      throw undefined;
    case "refuse":
      throw new TerminalError("bad input");
    case "exit":
      return process.exit(7);
    case "kill":
      process.kill(process.pid, "SIGKILL");
      return new Promise(() => undefined);
    case "signal": // what a native crash looks like from outside
      process.kill(process.pid, ctx.input.signal ?? "SIGSEGV");
      return new Promise(() => undefined);
    case "abort":
      return process.abort();
    case "block":
      return block(ms);
    case "allocate":
      return allocate(ctx.job);
    case "never":
      return new Promise(() => undefined);
    case "ignore":
      ctx.signal.addEventListener("abort", () => undefined);
      return new Promise(() => undefined);
    case "reject late":
      return rejectLate(ctx);
    case "wait":
      return delay(60_000, undefined, { signal: ctx.signal });
    case "host":
      return HOST;
    case "sleep":
      await delay(ms);
      return { attempt: ctx.attempt };
    default:
      return valueOf(what) ?? { attempt: ctx.attempt };
  }
}

/** Keeps the thread: no timer and no message gets through. */
function block(ms: number): object {
  const until = performance.now() + ms;
  while (performance.now() < until);
  return { blocked: ms };
}

function allocate(job: string): never {
  const kept: unknown[] = [];
  for (;;) kept.push(new Array(100_000).fill(`${job}${kept.length}`));
}

async function rejectLate({ signal }: RunContext): Promise<never> {
  await new Promise<void>((resolve) => {
    signal.addEventListener("abort", () => {
      setTimeout(resolve, 20);
    });
  });
  throw new Error("after its time");
}

/** What cannot be encoded. */
function valueOf(what: string): unknown {
  const cycle: Record<string, unknown> = {};
  cycle["self"] = cycle;
  const values: Record<string, unknown> = {
    bigint: { list: [{ count: 1n }] },
    cycle,
    map: { table: new Map([["a", 1]]) },
    function: { callback: () => 1 },
    symbol: Symbol("s"),
    nan: [Number.NaN],
  };
  return values[what];
}
