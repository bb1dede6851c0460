import { actors } from "./actors.ts";
import { alone } from "./alone.ts";
import { magda } from "./magda.ts";
import { operator } from "./operator.ts";
import { memory } from "./memory.ts";
import { moduleStart } from "./module-start.ts";
import { chainSection, diamondSection } from "./pipelines.ts";
import { rawLimits } from "./raw-limits.ts";
import { restart } from "./restart.ts";
import { seeds } from "./seeds.ts";
import type { Section } from "./section.ts";
import { startUp } from "./start-up.ts";

/** In this order: later ones compare themselves to what earlier ones have measured. */
export const SECTIONS: readonly Section[] = [
  rawLimits,
  alone,
  chainSection,
  diamondSection,
  moduleStart,
  startUp,
  memory,
  restart,
  seeds,
  magda,
  actors,
  operator,
];
