/** Core NATS: messages that may be lost, doubled, delayed and so overtake each other. */
import type { Clock } from "./clock.ts";
import type { Random } from "./random.ts";
import type { Weather } from "./weather.ts";

export class Network {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #weather: Weather;

  constructor(clock: Clock, random: Random, weather: Weather) {
    this.#clock = clock;
    this.#random = random;
    this.#weather = weather;
  }

  send(arrive: () => void): void {
    const [random, weather] = [this.#random, this.#weather];
    const isGood = this.#clock.now >= weather.untilMs;
    if (isGood) {
      this.#clock.after(0.4, arrive);
      return;
    }
    if (random.chance(weather.lost)) return;
    this.#clock.after(this.#latencyMs(), arrive);
    if (random.chance(weather.doubled)) this.#clock.after(this.#latencyMs(), arrive);
  }

  #latencyMs(): number {
    const [random, weather] = [this.#random, this.#weather];
    return random.chance(weather.delayed) ? random.between(1, weather.delayMs) : random.between(0.3, 0.5);
  }
}
