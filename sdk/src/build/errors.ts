/** What can be wrong with a pipeline before anything runs. */
import { problemText, type Problem } from "@troupe/model";

/** The pipeline breaks rules. `problems` lists all of them, each with its code, place and cure. */
export class InvalidPipelineError extends Error {
  override readonly name = "InvalidPipelineError";
  readonly code = "InvalidPipeline";
  readonly problems: readonly Problem[];

  constructor(pipeline: string, problems: readonly Problem[]) {
    super(`${pipeline} cannot run:\n${problems.map((problem) => problemText(problem)).join("\n")}`);
    this.problems = problems;
  }
}

/** A replica that loads its modules from this file must not start the pipeline once more. */
export class StartedInHostError extends Error {
  override readonly name = "StartedInHostError";
  readonly code = "StartedInHost";

  constructor(pipeline: string, what: string) {
    super(
      `pipeline "${pipeline}": ${what} was called while a replica loads its modules from this file, which would start everything ` +
        "again, without end. Let the file run the pipeline only when it is the program: if (import.meta.main) { … }",
    );
  }
}

/** A pipeline cannot be started as it stands: something that only the caller can give is missing. */
export class StartError extends Error {
  override readonly name = "StartError";
}
