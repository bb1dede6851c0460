/** The actors and functions of the documents that this project starts from, their sleeps scaled to 10 ms. */
import { actor, actorInfo, callSignal, kill, type ActorHandle, type SharedRef } from "@troupe/sdk";
import { setTimeout as sleep } from "node:timers/promises";

export const STEP_MS = 10;

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

type State = "PENDING" | "RUNNING" | "DONE";

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
    await this.#train();
    this.#state = "DONE";
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

export class Supervisor {
  #workers: ActorHandle<Worker>[] = [];

  async hire(): Promise<void> {
    this.#workers = await Promise.all([
      actor(Worker, ["lr", trainLinear]),
      actor(Worker, ["cl", trainLinear]),
      actor(Worker, ["nn", trainNetwork]),
    ]);
  }

  work(): void {
    for (const worker of this.#workers) void worker.work();
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

export class DataStore {
  #fetched = 0;

  fetch(): number {
    return ++this.#fetched;
  }
}

export class LongPollingActor {
  readonly #store: ActorHandle<DataStore>;
  #processed = 0;

  constructor(store: ActorHandle<DataStore>) {
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

export async function addThrough({
  deep,
}: {
  readonly deep: ReadonlyMap<string, readonly { readonly counter: ActorHandle<Counter> }[]>;
}): Promise<number> {
  const [first] = deep.get("list") ?? [];
  return first === undefined ? 0 : first.counter.increment(2);
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
}

/** How many passengers rode on each trip of a shard; the same every time, and each shard of another size. */
export function passengersOf(shard: number): Uint8Array {
  let seed = shard + 1;
  return Uint8Array.from({ length: 1_000 + shard }, () => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return 1 + ((seed >>> 24) % 6);
  });
}

export class BatchPredictor {
  readonly #model: Float64Array;

  constructor(model: Float64Array) {
    this.#model = model;
  }

  predict(trips: Uint8Array): { rows: number; tips: number } {
    return { rows: trips.length, tips: trips.filter((count) => (this.#model[count] ?? 0) > 0.5).length };
  }
}
