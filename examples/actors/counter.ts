// A counter in a process of its own: node examples/actors/counter.ts
import { actor } from "@troupe/sdk";

export class Counter {
  #value: number;

  constructor(value: number) {
    this.#value = value;
  }

  increment(by: number): number {
    this.#value += by;
    return this.#value;
  }

  where(): number {
    return process.pid;
  }
}

if (import.meta.main) {
  const counter = await actor(Counter, [10]);
  console.log(await counter.increment(2));
  console.log(await Promise.all([counter.increment(1), counter.increment(1), counter.increment(1)]));
  console.log("in another process:", (await counter.where()) !== process.pid);
}
