/** Actors and functions for what every actor promises. */
import { actor, callSignal, type ActorHandle, type ActorOptions, type SharedRef } from "@troupe/sdk";
import { appendFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

export class Counter {
  #value: number;

  constructor(value = 0) {
    this.#value = value;
  }

  increment(by = 1): number {
    this.#value += by;
    return this.#value;
  }

  value(): number {
    return this.#value;
  }

  pid(): number {
    return process.pid;
  }

  fail(message: string): never {
    throw new RangeError(message);
  }

  exit(code: number): never {
    process.exit(code);
  }

  devour(): number {
    const hoard: number[][] = [];
    for (;;) hoard.push(Array.from({ length: 100_000 }, (_, index) => index));
  }

  block(ms: number): void {
    const until = performance.now() + ms;
    while (performance.now() < until);
  }
}

/** Keeps a message after a pause: what is done twice or out of order shows. */
export class Recorder {
  readonly #lines: string[] = [];

  async slow(line: string, ms: number): Promise<number> {
    await sleep(ms);
    return this.#lines.push(line);
  }

  add(line: string): number {
    return this.#lines.push(line);
  }

  lines(): string[] {
    return this.#lines;
  }
}

export async function addThrough({
  deep,
}: {
  readonly deep: ReadonlyMap<string, readonly { readonly counter: ActorHandle<Counter> }[]>;
}): Promise<number> {
  const [first] = deep.get("list") ?? [];
  return first === undefined ? 0 : first.counter.increment(2);
}

/** Writes to a file that a call begins, and in which process. */
export class Scribe {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  async write(call: number, ms: number): Promise<number> {
    appendFileSync(this.#path, `${process.pid} ${call}\n`);
    await sleep(ms);
    return call;
  }
}

/** Keeps handles, and makes actors of its own. */
export class Keeper {
  readonly #kept: ActorHandle<Counter>[];

  constructor({ of }: { readonly of: readonly ActorHandle<Counter>[] }) {
    this.#kept = [...of];
  }

  async make(value: number, options: ActorOptions = {}): Promise<ActorHandle<Counter>> {
    return actor(Counter, [value], options);
  }

  keep(more: ReadonlyMap<string, { readonly handle: ActorHandle<Counter> }>): void {
    for (const { handle } of more.values()) this.#kept.push(handle);
  }

  /** @returns the sum of what they have then. */
  async incrementAll(by: number): Promise<number> {
    const values = await Promise.all(this.#kept.map(async (each) => each.increment(by)));
    return values.reduce((sum, value) => sum + value, 0);
  }
}

/** Sends lines on, and waits for none of them. */
export class Forwarder {
  readonly #to: ActorHandle<Recorder>;

  constructor(to: ActorHandle<Recorder>) {
    this.#to = to;
  }

  forward(lines: number, fails = false): void {
    for (let line = 0; line < lines; line++) void this.#to.add(String(line));
    if (fails) throw new Error("after sending");
  }
}

export class NoModel {
  constructor() {
    throw new Error("no model");
  }

  predict(): number {
    return 0;
  }
}

/** Goes on until it is cancelled. */
export async function untilAborted(): Promise<void> {
  const signal = callSignal();
  await new Promise((_, reject) => {
    signal.addEventListener("abort", reject);
  });
}

export class Predictor {
  readonly #model: Float64Array;

  constructor(model: Float64Array) {
    this.#model = model;
  }

  sum(): number {
    return this.#model.reduce((sum, value) => sum + value, 0);
  }

  async sumOf({ nested: [ref] }: { readonly nested: readonly SharedRef<Float64Array>[] }): Promise<number> {
    return (await ref?.get())?.reduce((sum, value) => sum + value, 0) ?? 0;
  }

  /** Whether both are one object, in memory that threads share. */
  async isOne(refs: readonly SharedRef<Float64Array>[]): Promise<boolean> {
    const [first, second] = await Promise.all(refs.map(async (ref) => ref.get()));
    return first === second && first?.buffer instanceof SharedArrayBuffer;
  }
}
