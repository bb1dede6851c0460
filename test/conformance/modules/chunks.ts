import { existsSync, writeFileSync } from "node:fs";
import { appendFile } from "node:fs/promises";
import { LabelledActor, type Label } from "@troupe/sdk";

export function add(a: number, b: number): number {
  return a + b;
}

export function multiply(a: number, b: number): number {
  return a * b;
}

export function subtract(a: number, b: number): number {
  return a - b;
}

/** The process that it ran in. */
export function whereabouts(): number {
  return process.pid;
}

/** When it began and ended, in a clock that all processes share, and where it ran. */
export async function busyFor(ms: number): Promise<{ from: number; to: number; pid: number }> {
  const from = Date.now();
  await new Promise((resolve) => setTimeout(resolve, ms));
  return { from, to: Date.now(), pid: process.pid };
}

export function refuseTwo(value: number): number {
  if (value === 2) throw new RangeError("not 2");
  return value;
}

/** Ends its process the first time; `marker` tells whether it was the first. */
export function dieOnce(value: number, marker: string): number {
  if (value === 1 && !existsSync(marker)) {
    writeFileSync(marker, "");
    process.exit(7);
  }
  return value * 10;
}

export function dieAlways(value: number): number {
  if (value === 1) process.exit(7);
  return value * 10;
}

/** Notes every call in a file; the element `refused` fails while `blocker` is there. */
export async function noteAndRefuse(value: number, refused: number, notes: string, blocker: string): Promise<number> {
  await appendFile(notes, `${value}\n`);
  if (value === refused && existsSync(blocker)) throw new Error("blocked");
  return value * value;
}

/** Waits until it is cancelled, and says so in a file. */
export async function refuseOrWait(value: number, notes: string): Promise<number> {
  const { callSignal } = await import("@troupe/sdk");
  if (value === 0) {
    while (!existsSync(notes)) await new Promise((resolve) => setTimeout(resolve, 5));
    throw new Error("first");
  }
  await appendFile(notes, "started\n");
  const signal = callSignal();
  await new Promise<void>((resolve) => {
    signal.addEventListener("abort", () => {
      resolve();
    });
  });
  await appendFile(notes, "cancelled\n");
  return value;
}

/** Results say which actor they come from. */
export class TaggingActor extends LabelledActor<typeof add> {
  override async run(label: Label, ...args: [number, number]): Promise<readonly [Label, number]> {
    const [same, value] = await super.run(label, ...args);
    return [same, value + 1_000];
  }
}
