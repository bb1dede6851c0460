/** How bad the world is in a run, drawn from its seed; from `untilMs` on it is good, and everything has to end. */
import type { Random } from "./random.ts";

export interface Weather {
  readonly untilMs: number;
  /** Messages of core NATS: probabilities of a message. */
  readonly lost: number;
  readonly doubled: number;
  readonly delayed: number;
  readonly delayMs: number;
  /** Appends, reads and writes at the server. */
  readonly answerLost: number;
  readonly requestLost: number;
  readonly appliedLate: number;
  /** The answer takes up to a second. */
  readonly slow: number;
  /** The answer to a page of records takes up to a second and a half, in which much may happen to the jobs on it. */
  readonly slowPages: number;
  /** Mean milliseconds between two of a kind; Infinity: never. */
  readonly killCoordinatorMs: number;
  readonly freezeCoordinatorMs: number;
  readonly stealLeaseMs: number;
  readonly fullMs: number;
  readonly killReplicaMs: number;
  readonly freezeReplicaMs: number;
  readonly cutReplicaMs: number;
  readonly drainReplicaMs: number;
  /** Whether modules take less than a millisecond, but for a part of them. */
  readonly isShort: boolean;
  readonly longModules: number;
  /** Modules: probabilities of a run. */
  readonly moduleFails: number;
  readonly moduleTerminal: number;
  readonly moduleHangs: number;
  readonly moduleKillsHost: number;
  readonly moduleKillsReplica: number;
  /** Which part of inputs and results is too large for a message. */
  readonly stored: number;
  /** When the journal is cut short, or Infinity. */
  readonly truncateAtMs: number;
}

export function drawWeather(random: Random, lastSubmissionMs: number): Weather {
  const calm = random.chance(0.1);
  const rate = (most: number): number => (calm || random.chance(0.3) ? 0 : random.next() ** 2 * most);
  const mean = (least: number): number => (calm || random.chance(0.45) ? Infinity : random.between(least, 6 * least));
  return {
    untilMs: lastSubmissionMs + random.between(1_000, 5_000),
    lost: rate(0.08),
    doubled: rate(0.1),
    delayed: rate(0.1),
    delayMs: random.chance(0.2) ? 2_500 : random.between(5, 800),
    answerLost: rate(0.1),
    requestLost: rate(0.1),
    appliedLate: rate(0.08),
    slow: rate(0.3),
    slowPages: random.chance(0.3) ? random.between(0.2, 0.8) : 0,
    killCoordinatorMs: mean(2_000),
    freezeCoordinatorMs: mean(2_000),
    stealLeaseMs: mean(2_000),
    fullMs: random.chance(0.15) ? random.between(1_000, 5_000) : Infinity,
    killReplicaMs: mean(500),
    freezeReplicaMs: mean(1_000),
    cutReplicaMs: mean(1_000),
    drainReplicaMs: mean(1_500),
    isShort: random.chance(0.3),
    longModules: random.pick([0, 0.01, 0.03, 0.05]),
    moduleFails: rate(0.15),
    moduleTerminal: rate(0.02),
    moduleHangs: rate(0.01),
    moduleKillsHost: rate(0.02),
    moduleKillsReplica: rate(0.01),
    stored: random.chance(0.25) ? random.between(0.1, 0.6) : 0,
    truncateAtMs: random.chance(0.04) ? random.between(1_500, lastSubmissionMs) : Infinity,
  };
}
