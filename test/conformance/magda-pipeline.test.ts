import { makeLocalSystem } from "./local-system.ts";
import { describeSystem } from "./magda-pipeline.ts";

describeSystem("MAGDA's pipeline, locally", makeLocalSystem);
