// A supervisor and its workers: asked for their states while they work, ended with it.
import { actor, kill, listActors, type ActorHandle } from "@troupe/sdk";
import { setTimeout as sleep } from "node:timers/promises";

type State = "pending" | "running" | "done";

export class Worker {
  #state: State = "pending";
  readonly #model: string;
  readonly #train: () => Promise<number>;

  constructor(model: string, train: () => Promise<number>) {
    this.#model = model;
    this.#train = train;
  }

  state(): string {
    return `${this.#model} ${this.#state}`;
  }

  // Async: so state() answers while it works.
  async work(): Promise<void> {
    this.#state = "running";
    await this.#train();
    this.#state = "done";
  }
}

export async function trainQuickly(): Promise<number> {
  await sleep(200);
  return 0;
}

export async function trainThoroughly(): Promise<number> {
  await sleep(500);
  return 0;
}

export class Supervisor {
  #workers: ActorHandle<Worker>[] = [];

  async hire(): Promise<void> {
    this.#workers = await Promise.all([
      actor(Worker, ["regression", trainQuickly]),
      actor(Worker, ["classification", trainQuickly]),
      actor(Worker, ["network", trainThoroughly]),
    ]);
  }

  work(): void {
    for (const worker of this.#workers) void worker.work();
  }

  async states(): Promise<string[]> {
    return Promise.all(this.#workers.map((worker) => worker.state()));
  }
}

if (import.meta.main) {
  const supervisor = await actor(Supervisor);
  await supervisor.hire();
  console.log(await supervisor.states());
  await supervisor.work();
  let states = await supervisor.states();
  while (!states.every((state) => state.endsWith("done"))) {
    await sleep(50);
    states = await supervisor.states();
  }
  console.log(states);
  await kill(supervisor);
  while ((await listActors()).some(({ status }) => status !== "dead")) await sleep(50);
  const ends = (await listActors()).map(({ className, death }) => `${className}: ${death?.code ?? ""}`);
  console.log(ends.toSorted().join(", "));
}
