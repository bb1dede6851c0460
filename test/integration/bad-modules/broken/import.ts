/** A module file that cannot be imported. */
import { defineModule } from "@troupe/sdk";

defineModule("half", () => 1);
throw new Error("no licence");
