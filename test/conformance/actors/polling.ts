/** The polling actors of Ray's document on concurrent operations in an async actor. */
import type { ActorHandle } from "@troupe/sdk";
import { setImmediate } from "node:timers/promises";

export class DataStore {
  #fetched = 0;

  fetch(): number {
    return ++this.#fetched;
  }
}

/** Gives nothing before whoever it asks has answered. */
export class CuriousStore {
  #asked: ActorHandle<LongPollingActor> | undefined;
  #fetched = 0;
  #answers = 0;

  ask(whom: ActorHandle<LongPollingActor>): void {
    this.#asked = whom;
  }

  async fetch(): Promise<number> {
    if ((await this.#asked?.otherTask()) === true) this.#answers++;
    return ++this.#fetched;
  }

  answers(): number {
    return this.#answers;
  }
}

interface Store {
  fetch(): Promise<number>;
}

export class LongPollingActor {
  readonly #store: Store;
  #processed = 0;

  constructor(store: Store) {
    this.#store = store;
  }

  async run(): Promise<never> {
    for (;;) this.#process(await this.#store.fetch());
  }

  otherTask(): boolean {
    return true;
  }

  processed(): number {
    return this.#processed;
  }

  #process(data: number): void {
    this.#processed = data;
  }
}

/** As the document first has it: its thread never comes to rest. It ends here after so many milliseconds. */
export class BlockingPoller {
  #processed = 0;

  run(ms: number): void {
    const until = performance.now() + ms;
    while (performance.now() < until) this.#processed++;
  }

  otherTask(): number {
    return this.#processed;
  }
}

/** Gives way at every turn, without waiting for anybody. */
export class YieldingPoller {
  #turns = 0;

  async run(): Promise<never> {
    for (;;) {
      this.#turns++;
      await setImmediate();
    }
  }

  turns(): number {
    return this.#turns;
  }
}
