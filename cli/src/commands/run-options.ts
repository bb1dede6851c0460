import type { Json } from "@troupe/model";
import { CommandError } from "../command-error.ts";
import { readContext, readInputs } from "../inputs/read-input.ts";
import { readNumber } from "../inputs/read-number.ts";
import { readSet } from "../inputs/read-set.ts";
import type { LoadOptions } from "../pipeline-file/loaded.ts";
import { pictureOf, type PictureFormat } from "./write-picture.ts";

/** Options of `troupe run` as commander hands them over. */
export interface RunFlags {
  readonly modules?: readonly string[];
  readonly input?: readonly string[];
  readonly jobs?: string;
  readonly process?: boolean;
  readonly cpus?: string;
  readonly gpus?: string;
  readonly concurrency?: string;
  readonly set?: readonly string[];
  readonly context?: string;
  readonly output?: string;
  readonly timeline?: readonly string[];
}

/** The same, each of them checked. */
export interface RunSettings {
  readonly load: LoadOptions;
  /** Undefined: the file decides, or it is one job with null. */
  readonly inputs: readonly unknown[] | undefined;
  readonly process: boolean;
  readonly cpus: number | undefined;
  readonly gpus: number | undefined;
  /** Jobs open at a time. */
  readonly concurrency: number;
  readonly json: boolean;
  readonly pictures: readonly { readonly file: string; readonly format: PictureFormat }[];
}

const DEFAULT_CONCURRENCY = 256;

/** @throws {CommandError} for the first option that is not as it should be */
export async function readRunFlags(flags: RunFlags): Promise<RunSettings> {
  const pictures = (flags.timeline ?? []).map(pictureOf);
  const load = await readLoadFlags(flags);
  const jobs = flags.jobs === undefined ? undefined : readNumber("--jobs", flags.jobs, { least: 1, whole: true });
  return {
    load,
    inputs: await readInputs(flags.input ?? [], jobs),
    process: flags.process ?? false,
    cpus: optionalNumber("--cpus", flags.cpus),
    gpus: optionalNumber("--gpus", flags.gpus),
    concurrency:
      flags.concurrency === undefined
        ? DEFAULT_CONCURRENCY
        : readNumber("--concurrency", flags.concurrency, { least: 1, whole: true }),
    json: isJson(flags.output),
    pictures,
  };
}

/** The options that say how a file is read; `validate`, `plan` and `convert` have them too. */
export async function readLoadFlags({ modules = [], set = [], context }: Partial<RunFlags>): Promise<LoadOptions> {
  return { modules, set: readSet(set), context: asJson(await readContext(context)) };
}

export function isJson(output: string | undefined): boolean {
  if (output === undefined || output === "json") return output === "json";
  throw new CommandError("Usage", `-o ${output}: there is no such output`, { hint: "The one that there is: -o json" });
}

function optionalNumber(option: string, given: string | undefined): number | undefined {
  return given === undefined ? undefined : readNumber(option, given, { least: 0, whole: false });
}

/** It came from JSON.parse. */
function asJson(value: unknown): Json | undefined {
  return value as Json | undefined;
}
