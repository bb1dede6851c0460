import { inspect } from "node:util";
import { register, type ModuleClass } from "@troupe/sdk";
import { moduleFilesOf } from "./module-files.ts";
import type { LoadProblem } from "./protocol.ts";
import { urlOf } from "./resolve-sdk.ts";
import { userStack } from "./user-error.ts";

export interface LoadedModules {
  /** The files that were looked at, absolute. */
  readonly files: readonly string[];
  readonly problems: readonly LoadProblem[];
}

/** Imports all module files one after another, and registers every exported class that has a type of its own. */
export async function loadModules(paths: readonly string[]): Promise<LoadedModules> {
  const { files, problems } = moduleFilesOf(paths);
  const failed: LoadProblem[] = [...problems];
  for (const file of files) {
    try {
      const exported: unknown = await import(urlOf(file));
      registerExports(exported, file);
    } catch (error) {
      failed.push(problemOf(file, error));
    }
  }
  return { files, problems: failed };
}

function registerExports(exported: unknown, file: string): void {
  if (typeof exported !== "object" || exported === null) return;
  for (const value of Object.values(exported)) {
    if (isTypedClass(value)) register(value.type, value, { file });
  }
}

/** A type that a class merely inherits is its parent's. */
function isTypedClass(value: unknown): value is ModuleClass & { type: string } {
  if (typeof value !== "function" || !Object.hasOwn(value, "type") || !("type" in value)) return false;
  const prototype: unknown = value.prototype;
  return (
    typeof value.type === "string" &&
    typeof prototype === "object" &&
    prototype !== null &&
    ("run" in prototype || "process" in prototype)
  );
}

function problemOf(file: string, error: unknown): LoadProblem {
  const message = error instanceof Error ? `${error.name}: ${error.message}` : inspect(error);
  const found = message.includes(file) ? message : `${file}: ${message}`;
  return { file, message: found, hint: "", stack: error instanceof Error ? userStack(error) : null };
}
