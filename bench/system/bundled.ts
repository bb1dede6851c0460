/** What the measurements use of Troupe. It is bundled with the programs, and so measured as `./troupe` runs it. */
export { startLocal, startNatsServer, findNatsServer } from "@troupe/local";
export { connect } from "@troupe/sdk";
