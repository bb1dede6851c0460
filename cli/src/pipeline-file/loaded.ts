/** A pipeline's file after it was read and found good, and what the commands ask of it. */
import type { GroupManifest, Json, ModuleTypeFacts, PipelineManifest } from "@troupe/model";
import type { EndedJob } from "../running/run-jobs.ts";
import type { Timeline } from "../timeline/timeline.ts";

export interface LoadedPipeline {
  readonly manifest: PipelineManifest;
  readonly groups: readonly GroupManifest[];
  readonly types: readonly ModuleTypeFacts[];
  /** What replicas load: absolute paths of files and folders. */
  readonly moduleFiles: readonly string[];
  readonly script: PipelineScript;
  /** Of what has no effect, or may not mean what it seems to: already in words. */
  readonly warnings: readonly string[];
  /** Removes what was written for the time of a run. */
  readonly cleanUp: () => Promise<void>;
}

export interface LoadOptions {
  readonly modules: readonly string[];
  readonly set: Readonly<Record<string, string>>;
  readonly context: Json | undefined;
}

/** What a TypeScript file may export beside its pipeline. A YAML file has none of it. */
export interface PipelineScript {
  /** Inputs of the jobs, when the command names none. Gets the words that follow FILE. */
  readonly inputs?: (words: readonly string[]) => Inputs | Promise<Inputs>;
  /** Whether `--process` is meant without being said. */
  readonly process?: boolean;
  /** Called at the end with all that came out. What it throws fails the command. */
  readonly report?: (run: FinishedRun) => unknown;
}

export type Inputs = Iterable<unknown> | AsyncIterable<unknown>;

export interface FinishedRun {
  /** Ended jobs in the order of their inputs. */
  readonly jobs: readonly EndedJob[];
  /** What the aggregates made of them; null without `--process`. */
  readonly processed: Readonly<Record<string, unknown>> | null;
  readonly timeline: Timeline;
  /** Prints a line for people. */
  readonly print: (line: string) => void;
}
