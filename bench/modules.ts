/** The modules that the measurements run. */
import { Module, type RunContext } from "@troupe/sdk";
import { setTimeout as delay } from "node:timers/promises";

/** One byte of every page of a payload is changed by every module. */
export const PAGE_BYTES = 4096;

export class Nothing extends Module {
  static override type = "nothing";
  run(): null {
    return null;
  }
}

/** Hands on what it got with one added to the first byte of every page. What it got is a copy of its own. */
export class Change extends Module {
  static override type = "change";
  run(ctx: RunContext): Uint8Array {
    const changed = bytesOf(ctx);
    for (let at = 0; at < changed.length; at += PAGE_BYTES) changed[at]! += 1;
    return changed;
  }
}

/** Waits for `parameters.ms`, or for what the job says instead. */
export class Wait extends Module {
  static override type = "wait";
  async run({ input, parameters }: RunContext<{ readonly ms: number } | null>): Promise<null> {
    await delay(input?.ms ?? Number(parameters["ms"]));
    return null;
  }
}

/** What the first parent returned, or the input of the job. */
function bytesOf({ input, results }: RunContext): Uint8Array {
  const bytes = results.entries()[0]?.value ?? input;
  if (bytes instanceof Uint8Array) return bytes;
  throw new Error(`expected bytes, got ${typeof bytes}`);
}
