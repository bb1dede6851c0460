/** Pipelines that a program builds: a TypeScript or JavaScript file that exports one. */
import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { validateManifest, type Json, type ModuleTypeFacts, type PipelineManifest } from "@troupe/model";
import type { Pipeline } from "@troupe/sdk";
import { CommandError, ProblemsError } from "../command-error.ts";
import { fileError } from "../inputs/read-input.ts";
import { describe } from "./describe.ts";
import { modulesOf, namedModules, type FoundModules } from "./find-modules.ts";
import type { LoadedPipeline, LoadOptions } from "./loaded.ts";
import { problemsText } from "./problems-text.ts";
import { scriptOf } from "./script.ts";

type Draft = Pipeline["draft"];

/** Imports the file and takes its default export, or the export named `pipeline`. */
export async function loadCode(file: string, options: LoadOptions): Promise<LoadedPipeline> {
  refuseSet(options);
  const exported = await importFile(file);
  const { isPipeline } = await import("@troupe/sdk");
  const candidate = exported["default"] ?? exported["pipeline"];
  const pipeline = await (isFactory(candidate) ? candidate() : candidate);
  if (!isPipeline(pipeline)) throw noPipeline(file, exported);
  const { draft } = pipeline;
  const manifest = withContext(draft.manifest, options.context);
  const modules = await modulesFor(draft, manifest, options);
  try {
    const types = await describe(modules.paths);
    check(file, manifest, draft, { types, lookedIn: modules.lookedIn });
    const { paths: moduleFiles, cleanUp } = modules;
    return {
      manifest,
      groups: draft.groups,
      types,
      moduleFiles,
      script: scriptOf(exported, file),
      warnings: [],
      cleanUp,
    };
  } catch (error) {
    await modules.cleanUp();
    throw error;
  }
}

function isFactory(exported: unknown): exported is () => unknown {
  return typeof exported === "function";
}

/** Placeholders are a thing of texts. */
function refuseSet({ set }: LoadOptions): void {
  const [name] = Object.keys(set);
  if (name === undefined) return;
  throw new CommandError("Usage", `--set ${name}=… is for placeholders of a YAML file, and FILE is a program`, {
    hint: "Give the value with --context, and read it in the modules as ctx.context.",
  });
}

async function importFile(file: string): Promise<Readonly<Record<string, unknown>>> {
  await stat(file).catch((error: unknown) => {
    throw fileError(file, "", error);
  });
  const { compileWhereNeeded, provideSdk } = await import("@troupe/runtime-image");
  provideSdk();
  compileWhereNeeded();
  try {
    const exported: unknown = await import(pathToFileURL(resolve(file)).href);
    return typeof exported === "object" && exported !== null ? { ...exported } : {};
  } catch (error) {
    throw broken(file, error);
  }
}

function broken(file: string, error: unknown): unknown {
  if (!(error instanceof Error) || error.name === "InvalidPipelineError") return error;
  const frames = (error.stack ?? "")
    .split("\n")
    .filter((line) => line.trim().startsWith("at ") && !line.includes("node:internal"));
  return new CommandError("PipelineFileBroken", `${file} cannot be loaded: ${error.name}: ${error.message}`, {
    detail: frames
      .slice(0, 4)
      .map((frame) => frame.trim())
      .join("\n"),
    hint: "Correct the file; the error is the one that it throws when it is imported.",
  });
}

function noPipeline(file: string, exported: Readonly<Record<string, unknown>>): CommandError {
  const names = Object.keys(exported).join(", ");
  return new CommandError("NoPipeline", `${file} exports no pipeline; it exports ${names === "" ? "nothing" : names}`, {
    hint: 'Export it by default or by the name "pipeline": export const pipeline = new Pipeline("film").addModule(…)',
  });
}

function withContext(manifest: PipelineManifest, context: Json | undefined): PipelineManifest {
  return context === undefined ? manifest : { ...manifest, spec: { ...manifest.spec, context } };
}

/** Modules that the command names, else that the pipeline names, else the files in which its classes are registered. */
async function modulesFor(draft: Draft, manifest: PipelineManifest, { modules }: LoadOptions): Promise<FoundModules> {
  if (modules.length > 0) return namedModules(modules);
  if (draft.moduleFiles !== null) return namedModules(draft.moduleFiles);
  if (draft.file !== null) {
    const configMap = manifest.spec.source?.configMap;
    const configMaps =
      draft.configMap === null || configMap === undefined ? [] : [{ name: configMap, data: draft.configMap }];
    const found = await modulesOf(draft.file, manifest, configMaps);
    if (found.paths.length > 0) return found;
  }
  return registeredModules(manifest);
}

async function registeredModules({ spec }: PipelineManifest): Promise<FoundModules> {
  const { registrationOf } = await import("@troupe/sdk");
  const files = new Set(spec.modules.flatMap(({ type }) => registrationOf(type)?.file ?? []));
  return namedModules([...files]);
}

function check(
  file: string,
  manifest: PipelineManifest,
  { groups }: Draft,
  known: { types: readonly ModuleTypeFacts[]; lookedIn: readonly string[] },
): void {
  const problems = validateManifest(manifest, { groups, file, ...known });
  if (problems.length > 0) throw new ProblemsError(problemsText(problems, undefined), problems);
}
