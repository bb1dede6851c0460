import { CommandError } from "../command-error.ts";
import type { PipelineScript } from "./loaded.ts";

type Exported = Readonly<Record<string, unknown>>;

/** What a file exports beside its pipeline: `inputs`, `process` and `report`. */
export function scriptOf(exported: Exported, file: string): PipelineScript {
  const inputs = readInputs(exported["inputs"], file);
  const report = exported["report"];
  if (report !== undefined && !isFunction(report)) throw wrong(file, "report", "a function of what came out");
  const process = exported["process"];
  if (process !== undefined && typeof process !== "boolean") throw wrong(file, "process", "true or false");
  return {
    ...(inputs === undefined ? {} : { inputs }),
    ...(report === undefined ? {} : { report }),
    ...(process === undefined ? {} : { process }),
  };
}

/** A list of inputs, or a function of the words of the command line that gives one. */
function readInputs(inputs: unknown, file: string): PipelineScript["inputs"] {
  if (inputs === undefined) return undefined;
  if (isIterable(inputs)) return () => inputs;
  if (!isFunction(inputs)) throw wrong(file, "inputs", "a list of inputs, or a function that returns one");
  return async (words) => {
    const found: unknown = await inputs(words);
    if (isIterable(found)) return found;
    throw wrong(file, "inputs()", "to return a list of inputs");
  };
}

function isIterable(value: unknown): value is Iterable<unknown> | AsyncIterable<unknown> {
  return typeof value === "object" && value !== null && (Symbol.iterator in value || Symbol.asyncIterator in value);
}

function isFunction(value: unknown): value is (argument: unknown) => unknown {
  return typeof value === "function";
}

function wrong(file: string, name: string, what: string): CommandError {
  return new CommandError("PipelineFileBroken", `${file} exports ${name}, which has to be ${what}`, {
    hint: "See `troupe run --help`, or rename the export.",
  });
}
