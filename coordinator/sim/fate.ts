/** How the modules of simulated replicas fare: how long each takes, and how it ends. */
import type { Failure } from "@troupe/protocol";
import type { Random } from "./random.ts";
import type { Weather } from "./weather.ts";

export type Fate =
  | { readonly kind: "ends" }
  | { readonly kind: "fails"; readonly failure: Failure }
  | { readonly kind: "kills-host" }
  | { readonly kind: "kills-replica" }
  /** Until a time limit ends it. */
  | { readonly kind: "hangs" };

export const TOO_LONG: Failure = { code: "ModuleTimeout", kind: "retryable", message: "it took too long" };

/** Without any limit it would hang for ever, as it should. */
const HANG_MS = 3_000;

export function drawDurationMs(random: Random, weather: Weather): number {
  if (random.chance(weather.longModules)) return random.between(200, 2_500);
  // Very short ones are sent ahead.
  return weather.isShort ? random.between(0.01, 0.6) : random.between(0.5, 40);
}

/** @param now milliseconds since the beginning: when the weather is good, things go wrong less often. */
export function drawFate(random: Random, weather: Weather, now: number): Fate {
  const isGood = now >= weather.untilMs;
  const falls = (probability: number): boolean => random.chance(isGood ? probability / 4 : probability);
  if (falls(weather.moduleFails))
    return { kind: "fails", failure: { code: "ModuleError", kind: "retryable", message: "it threw" } };
  if (falls(weather.moduleTerminal))
    return { kind: "fails", failure: { code: "ModuleError", kind: "terminal", message: "it cannot" } };
  if (falls(weather.moduleKillsHost)) return { kind: "kills-host" };
  if (falls(weather.moduleKillsReplica)) return { kind: "kills-replica" };
  return falls(weather.moduleHangs) ? { kind: "hangs" } : { kind: "ends" };
}

/** How long one that hangs is let alone. @param limits that hold for it, in milliseconds. */
export function patienceMs(limits: readonly (number | null | undefined)[]): number {
  return Math.min(HANG_MS, ...limits.filter((limit) => typeof limit === "number"));
}
