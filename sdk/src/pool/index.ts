/** Pools of actors: `actor-pool.ts` has the verbs, `workers.ts` who works on what, `results.ts` who gets what. */
export { ActorPool, type MapOptions, type PoolOptions } from "./actor-pool.ts";
export { AlreadyInPoolError, NoMoreResultsError, PoolEmptyError, PoolTimeoutError } from "./errors.ts";
export type { NextOptions } from "./results.ts";
