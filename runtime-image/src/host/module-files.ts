import { readdirSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import type { LoadProblem } from "./protocol.ts";

const MODULE_FILE = /\.[cm]?[jt]s$/;
const NO_MODULE_FILE = /(\.d\.[cm]?ts|\.test\.[cm]?[jt]s)$/;

export interface ModuleFiles {
  /** Absolute paths. */
  readonly files: readonly string[];
  readonly problems: readonly LoadProblem[];
}

/** The module files that `paths` name: files as they are, and of folders all module files directly in them, by name. */
export function moduleFilesOf(paths: readonly string[]): ModuleFiles {
  const files = new Set<string>();
  const problems: LoadProblem[] = [];
  for (const path of paths) {
    const found = filesAt(resolve(path));
    if (Array.isArray(found)) for (const file of found) files.add(file);
    else problems.push({ file: path, stack: null, ...found });
  }
  return { files: [...files], problems };
}

function filesAt(path: string): string[] | { message: string; hint: string } {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) {
    return { message: `${path}: there is no such file or folder`, hint: "Check the path of the modules." };
  }
  if (!stats.isDirectory()) {
    if (MODULE_FILE.test(path)) return [path];
    return { message: `${path} is no module file`, hint: "Module files end in .ts, .mts, .cts, .js, .mjs or .cjs." };
  }
  // Names with a leading dot are how Kubernetes keeps the versions of a mounted ConfigMap.
  const names = readdirSync(path).filter(
    (name) => MODULE_FILE.test(name) && !NO_MODULE_FILE.test(name) && !name.startsWith("."),
  );
  if (names.length > 0) return names.toSorted().map((name) => join(path, name));
  return {
    message: `${path} has no module files`,
    hint: "A folder's modules lie directly in it and end in .ts, .mts, .cts, .js, .mjs or .cjs.",
  };
}
