// An actor that polls for ever, and still answers.
import { actor, startActors, type ActorHandle } from "@troupe/sdk";

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
  await using _group = await startActors();
  const poller = await actor(Poller, [await actor(DataStore)]);
  void poller.run();
  while (!(await poller.hasPolled()));
  console.log("polls for ever, and answers:", await poller.otherTask());
}
