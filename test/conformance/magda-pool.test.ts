import { makeLocalSystem } from "./local-system.ts";
import { describeSystem } from "./magda-pool.ts";

describeSystem("MAGDA's actor pool, locally", makeLocalSystem);
