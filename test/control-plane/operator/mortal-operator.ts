/** An operator that is killed at random moments, and started again, as a kubelet does. */
import { setTimeout as delay } from "node:timers/promises";
import type { Dice } from "../crds/dice.ts";
import { OperatorProcess } from "./operator-process.ts";
import type { World } from "./world.ts";

/** How long it lives at most once it has read the cluster. */
const LIFE_MS = 2_500;

export class MortalOperator implements AsyncDisposable {
  readonly #world: World;
  #process: OperatorProcess;
  #deaths = 0;
  #isOver = false;

  constructor(world: World) {
    this.#world = world;
    this.#process = new OperatorProcess(world);
  }

  /** How often it was killed while it worked. */
  get deaths(): number {
    return this.#deaths;
  }

  /** The last lines that the living one logged. */
  get tail(): string {
    return this.#process.tail;
  }

  /** Lives and dies so many times; then it lives. */
  async dieTimes(count: number, dice: Dice): Promise<void> {
    while (this.#deaths < count) {
      await this.#process.started();
      await delay(dice.fraction() * LIFE_MS);
      if (this.#isOver) return;
      await this.#process.kill("SIGKILL");
      this.#deaths += 1;
      this.#process = new OperatorProcess(this.#world);
    }
    await this.#process.started();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    await this.#process[Symbol.asyncDispose]();
  }
}
