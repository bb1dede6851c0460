/** The journal loses its end while everybody who runs knows of it: they must stall, and never write it anew. */
import type { Clock } from "./clock.ts";
import type { Coordinator } from "./coordinator.ts";
import type { Random } from "./random.ts";
import type { Stream } from "./server.ts";
import type { Weather } from "./weather.ts";

/** A truncated journal lacks at least so many frames that everybody knew. */
const LOST_FRAMES = 4;

export interface TruncationWorld {
  readonly clock: Clock;
  readonly random: Random;
  readonly weather: Weather;
  readonly journal: Stream;
  readonly coordinators: readonly Coordinator[];
  /** Called before it happens. @param to the last frame that is left. @param known the last that everybody knows. */
  readonly truncated: (to: number, known: number) => void;
}

export function planTruncation({ clock, random, weather, journal, coordinators, truncated }: TruncationWorld): void {
  if (weather.truncateAtMs === Infinity) return;
  const attempt = (): void => {
    const known = Math.min(...coordinators.map(({ sequence, process }) => (process.isAlive ? sequence : 0)));
    const isReady = coordinators.every(({ phase, process }) => phase !== "starting" && process.isAlive);
    if (known > journal.first + LOST_FRAMES && isReady) {
      const to = random.int(journal.first, known - LOST_FRAMES);
      truncated(to, known);
      journal.truncate(to);
    } else if (clock.now < weather.untilMs) clock.after(50, attempt);
  };
  clock.after(weather.truncateAtMs, attempt);
}
