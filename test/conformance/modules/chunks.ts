/** Functions and actors for the rules of thread-chunks. What they note goes to an actor, so that they may run anywhere. */
import { callSignal, LabelledActor, type ActorHandle, type Label } from "@troupe/sdk";
import { hostname } from "node:os";

/** Keeps what is noted, in order. */
export class Notes {
  readonly #lines: string[] = [];

  /** @returns how often the same line was noted before. */
  note(line: string): number {
    return this.#lines.push(line) && this.#lines.filter((each) => each === line).length - 1;
  }

  lines(): string[] {
    return this.#lines;
  }
}

export function add(a: number, b: number): number {
  return a + b;
}

export function multiply(a: number, b: number): number {
  return a * b;
}

export function subtract(a: number, b: number): number {
  return a - b;
}

/** The process that it ran in, wherever that is. */
export function whereabouts(): string {
  return `${hostname()} ${process.pid}`;
}

/** When it began and ended, in a clock that all processes share, and where it ran. */
export async function busyFor(ms: number): Promise<{ from: number; to: number; where: string }> {
  const from = Date.now();
  await new Promise((resolve) => setTimeout(resolve, ms));
  return { from, to: Date.now(), where: whereabouts() };
}

export function refuseTwo(value: number): number {
  if (value === 2) throw new RangeError("not 2");
  return value;
}

/** Ends its process the first time that it is given a 1. */
export async function dieOnce(value: number, notes: ActorHandle<Notes>): Promise<number> {
  if (value === 1 && (await notes.note("one")) === 0) process.exit(7);
  return value * 10;
}

export function dieAlways(value: number): number {
  if (value === 1) process.exit(7);
  return value * 10;
}

/** Notes every call; the element `refused` fails the first time. */
export async function noteAndRefuse(value: number, refused: number, notes: ActorHandle<Notes>): Promise<number> {
  const before = await notes.note(String(value));
  if (value === refused && before === 0) throw new Error("refused");
  return value * value;
}

/** Another element fails once this one has begun; it waits until it is cancelled, and notes that. */
export async function refuseOrWait(value: number, notes: ActorHandle<Notes>): Promise<number> {
  if (value === 0) {
    while (!(await notes.lines()).includes("started")) await new Promise((resolve) => setTimeout(resolve, 5));
    throw new Error("first");
  }
  await notes.note("started");
  const signal = callSignal();
  await new Promise<void>((resolve) => {
    signal.addEventListener("abort", () => {
      resolve();
    });
  });
  await notes.note("cancelled");
  return value;
}

/** Results say which actor they come from. */
export class TaggingActor extends LabelledActor<typeof add> {
  override async run(label: Label, ...args: [number, number]): Promise<readonly [Label, number]> {
    const [same, value] = await super.run(label, ...args);
    return [same, value + 1_000];
  }
}
