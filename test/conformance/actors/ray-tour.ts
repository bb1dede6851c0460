/** The actors and tasks of Ray's tour of actor patterns. What takes a second there takes 10 ms here. */
import { actor, actorInfo, kill, type ActorHandle } from "@troupe/sdk";
import { setTimeout as sleep } from "node:timers/promises";

const STEP_MS = 10;

export type State = "PENDING" | "RUNNING" | "DONE" | "FAILED";

export class Worker {
  readonly #model: string;
  readonly #train: () => Promise<number>;
  #state: State = "PENDING";

  constructor(model: string, train: () => Promise<number>) {
    this.#model = model;
    this.#train = train;
  }

  state(): State {
    return this.#state;
  }

  async work(): Promise<string> {
    this.#state = "RUNNING";
    try {
      await this.#train();
      this.#state = "DONE";
    } catch (error) {
      this.#state = "FAILED";
      throw error;
    }
    return this.#model;
  }
}

export async function trainLinear(): Promise<number> {
  await sleep(10 * STEP_MS);
  return 0;
}

export async function trainNetwork(): Promise<number> {
  await sleep(20 * STEP_MS);
  return 0;
}

export async function trainInVain(): Promise<number> {
  await sleep(STEP_MS);
  throw new RangeError("no gradient");
}

export type Training = readonly [model: string, train: () => Promise<number>];

export class Supervisor {
  #workers: ActorHandle<Worker>[] = [];
  #failures: string[] = [];

  async hire(trainings: readonly Training[]): Promise<void> {
    this.#workers = await Promise.all(trainings.map(async (training) => actor(Worker, training)));
  }

  /** Waits for nobody. */
  work(): void {
    for (const worker of this.#workers)
      void worker.work().catch((error: unknown) => this.#failures.push(String(error)));
  }

  failures(): string[] {
    return this.#failures;
  }

  async states(): Promise<State[]> {
    return Promise.all(this.#workers.map(async (worker) => worker.state()));
  }

  async statuses(): Promise<string[]> {
    return Promise.all(this.#workers.map(async (worker) => (await actorInfo(worker)).status));
  }

  async terminate(): Promise<void> {
    await Promise.all(this.#workers.map(async (worker) => kill(worker)));
  }
}

export class MessageActor {
  #messages: string[] = [];

  addMessage(message: string): void {
    this.#messages.push(message);
  }

  getAndClearMessages(): string[] {
    const messages = this.#messages;
    this.#messages = [];
    return messages;
  }
}

/** Sends ten messages, and waits for none of them. */
export async function sendMessages(to: ActorHandle<MessageActor>, worker: number): Promise<void> {
  for (let i = 0; i < 10; i++) {
    await sleep(STEP_MS);
    void to.addMessage(`Message ${i} from worker ${worker}.`);
  }
}

export class LoggingActor {
  readonly #logs: Partial<Record<string, string[]>> = {};

  log(experiment: number, message: string): void {
    (this.#logs[experiment] ??= []).push(message);
  }

  logs(): Partial<Record<string, string[]>> {
    return this.#logs;
  }
}

export async function runExperiment(experiment: number, logger: ActorHandle<LoggingActor>): Promise<void> {
  for (let i = 0; i < 9; i++) {
    await sleep(STEP_MS / 10);
    void logger.log(experiment, `On iteration ${i}`);
  }
}

export class Progress {
  readonly #done = new Map<number, number>();

  report(task: number, samples: number): void {
    this.#done.set(task, samples);
  }

  total(): number {
    return [...this.#done.values()].reduce((sum, samples) => sum + samples, 0);
  }
}

/** How many of `samples` points lie in the quarter of a circle. The points are the same for the same task. */
export function samplePi(task: number, samples: number, progress: ActorHandle<Progress>): number {
  let inside = 0;
  let seed = task + 1;
  const random = (): number => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return seed / 2 ** 32;
  };
  for (let i = 1; i <= samples; i++) {
    const [x, y] = [random(), random()];
    if (x * x + y * y <= 1) inside++;
    if (i % (samples / 10) === 0) void progress.report(task, i);
  }
  return inside;
}
