// Tasks that send to an actor and wait for nothing: when they are done, everything has arrived.
import { actor, task, type ActorHandle } from "@troupe/sdk";
import { setTimeout as sleep } from "node:timers/promises";

export class Log {
  readonly #lines: string[] = [];

  add(line: string): void {
    this.#lines.push(line);
  }

  lines(): string[] {
    return this.#lines;
  }
}

export async function runExperiment(experiment: number, log: ActorHandle<Log>): Promise<void> {
  for (let i = 0; i < 9; i++) {
    await sleep(10);
    void log.add(`experiment ${experiment}, iteration ${i}`);
  }
}

if (import.meta.main) {
  const log = await actor(Log);
  await Promise.all([0, 1, 2].map((experiment) => task(runExperiment, experiment, log)));
  const lines = await log.lines();
  console.log(`${lines.length} lines of 27`);
  for (const experiment of [0, 1, 2]) {
    const own = lines.filter((line) => line.startsWith(`experiment ${experiment},`));
    console.log(`experiment ${experiment}: iterations ${own.map((line) => line.at(-1)).join(" ")}`);
  }
}
