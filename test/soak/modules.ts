/** Modules of the long run: next to no work, so that what the engine keeps of a job is what shows. */
import { defineModule } from "@troupe/sdk";

defineModule("soak-first", (context) => context.input);
defineModule("soak-second", (context) => String(context.results.get("first")).length);
