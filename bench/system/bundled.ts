/** What the measurements use of Troupe. It is bundled with the programs, and so measured as `./troupe` runs it. */
export { findNatsServer, startNatsServer } from "@troupe/local";
export { actor, ActorPool, Pipeline, startActors } from "@troupe/sdk";
