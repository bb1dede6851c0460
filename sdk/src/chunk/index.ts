/**
 * Chunked maps: `chunk.ts` and `chunker.ts` are what users call; a team of actors (`team.ts`) works on one element each (`map-elements.ts`),
 * and `run-team.ts` keeps results, checkpoint and progress.
 */
export { CheckpointMismatchError } from "./checkpoint.ts";
export { chunk, type ChunkOptions, type GivenActors } from "./chunk.ts";
export { Chunker, type ChunkerOptions } from "./chunker.ts";
export { ChunkElementError, ChunkUsageError } from "./errors.ts";
export { LabelledActor, type ChunkFunction, type Label } from "./labelled-actor.ts";
export type { ChunkParameters, ChunkResults } from "./options.ts";
export type { ChunkProgress } from "./progress.ts";
export type { ChunkActor } from "./team.ts";
