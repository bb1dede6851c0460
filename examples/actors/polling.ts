// An actor that polls for ever, and still answers.
import { actor, type ActorHandle } from "@troupe/sdk";

export class DataStore {
  #fetched = 0;

  fetch(): number {
    return ++this.#fetched;
  }
}

export class Poller {
  readonly #store: ActorHandle<DataStore>;
  #last = 0;

  constructor(store: ActorHandle<DataStore>) {
    this.#store = store;
  }

  async run(): Promise<never> {
    for (;;) this.#last = await this.#store.fetch();
  }

  hasPolled(): boolean {
    return this.#last > 10;
  }

  otherTask(): boolean {
    return true;
  }
}

if (import.meta.main) {
  const poller = await actor(Poller, [await actor(DataStore)]);
  poller.run().catch((error: unknown) => {
    // It ends with the program.
    if (!(error instanceof Error)) throw error;
  });
  while (!(await poller.hasPolled()));
  console.log("polls for ever, and answers:", await poller.otherTask());
  process.exit(0);
}
