/** A program that runs until it is killed, and can be started again as it was. It never outlives the test. */
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { spawnGuarded, type Guarded } from "../../local/src/guard.ts";
import { isRunning } from "./processes.ts";

const READY_TIMEOUT_MS = 180_000;
const TAIL_LINES = 60;

export interface DaemonOptions {
  readonly command: string;
  readonly args: readonly string[];
  /** Asked again and again after a start. @default ready at once */
  readonly isReady?: () => Promise<boolean>;
}

export class Daemon {
  readonly #options: DaemonOptions;
  #running: Guarded | undefined;
  #tail: string[] = [];

  constructor(options: DaemonOptions) {
    this.#options = options;
  }

  get pid(): number {
    if (this.#running === undefined) throw new Error(`${this.#options.command} is not running`);
    return this.#running.pid;
  }

  /** The last lines that it said. */
  get tail(): string {
    return this.#tail.join("\n");
  }

  /** Resolves when it is ready. */
  async start(): Promise<void> {
    const { command, args, isReady } = this.#options;
    const running = await spawnGuarded({ command, args });
    this.#running = running;
    this.#tail = [];
    createInterface({ input: running.stderr }).on("line", (line) => {
      this.#tail.push(line);
      if (this.#tail.length > TAIL_LINES) this.#tail.shift();
    });
    const until = performance.now() + READY_TIMEOUT_MS;
    while (isReady !== undefined && !(await isReady())) {
      if (!isRunning(running.pid) || performance.now() > until) {
        throw new Error(`${command} did not become ready. The last that it said:\n${this.tail}`);
      }
      await delay(100);
    }
  }

  /** SIGKILL. Resolves when it is gone; at once when it was not running. */
  async kill(): Promise<void> {
    const running = this.#running;
    if (running === undefined) return;
    this.#running = undefined;
    if (isRunning(running.pid)) process.kill(running.pid, "SIGKILL");
    await running.exited;
  }

  async restart(): Promise<void> {
    await this.kill();
    await this.start();
  }

  /** SIGSTOP: it holds its connections and says nothing. */
  freeze(): void {
    process.kill(this.pid, "SIGSTOP");
  }

  thaw(): void {
    process.kill(this.pid, "SIGCONT");
  }
}
