/** TypeScript that needs more than its types removed (decorators, enums, parameter properties) is compiled by ts-node. */
import { createRequire, registerHooks, stripTypeScriptTypes } from "node:module";
import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

/** Cheap and too broad: only sources that match are looked at closely, which loads a parser of 13 MB into this thread. */
const SUSPICIOUS =
  /^\s*@[A-Za-z_]|\benum\b|\bnamespace\b|\bconstructor\s*\([^]{0,2000}?\b(?:public|private|protected|readonly|override)\s+\w+\s*[:?,=)]/m;
const DECORATOR = /^\s*@[A-Za-z_]/m;

/** Options that contradict each other, are deprecated, or want an output folder. */
const CONFIGURATION_ERRORS = [
  5011, 5023, 5024, 5051, 5052, 5053, 5069, 5090, 5095, 5096, 5098, 5101, 5102, 5107, 5109, 5110,
];

/** A module file needs a compiler that is not there. */
export class NeedsCompiler extends Error {
  override readonly name = "NeedsCompiler";
}

interface Compiler {
  compile(code: string, fileName: string): string;
}

/** From now on files that Node itself cannot run are compiled as they are imported. */
export function compileWhereNeeded(): void {
  registerHooks({
    load(url, context, next) {
      if (!/^file:.*\.m?ts(\?|$)/.test(url) || url.includes("/node_modules/")) return next(url, context);
      const file = fileURLToPath(url);
      const source = readFileSync(file, "utf8");
      if (!SUSPICIOUS.test(source)) return next(url, context);
      const reason = reasonToCompile(source);
      if (reason === null) return next(url, context);
      return { format: "module", shortCircuit: true, source: compilerFor(file, reason).compile(source, file) };
    },
  });
}

/** What type stripping cannot do with the source, or null. */
function reasonToCompile(source: string): string | null {
  let stripped: string;
  try {
    stripped = stripTypeScriptTypes(source);
  } catch (error) {
    const unsupported = error instanceof Error && "code" in error && error.code === "ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX";
    return unsupported ? firstLine(error.message) : null;
  }
  return DECORATOR.test(stripped) ? "decorators" : null;
}

function firstLine(text: string): string {
  return (
    text
      .split("\n")
      .find((line) => line.trim() !== "")
      ?.trim() ?? text
  );
}

const compilers = new Map<string, Compiler>();

function compilerFor(file: string, reason: string): Compiler {
  const folder = dirname(file);
  const known = compilers.get(folder);
  if (known !== undefined) return known;
  const made = makeCompiler(file, reason);
  compilers.set(folder, made);
  return made;
}

function makeCompiler(file: string, reason: string): Compiler {
  const create = loadTsNode(file);
  if (create === null) {
    throw new NeedsCompiler(
      `${file} needs more than its types removed (${reason}), and ts-node is not installed. ` +
        "Run `npm install ts-node typescript@6` beside it, or compile the file to JavaScript.",
    );
  }
  return create({
    cwd: dirname(file),
    transpileOnly: true,
    // The user's own tsconfig.json counts (experimentalDecorators, …); that it was not written for this is no error.
    ignoreDiagnostics: CONFIGURATION_ERRORS,
    compilerOptions: {
      module: "esnext",
      moduleResolution: "bundler",
      target: "es2022",
      noEmit: false,
      incremental: false,
      composite: false,
      sourceMap: true,
      rewriteRelativeImportExtensions: false,
      rootDir: "/",
    },
  });
}

type Create = (options: Readonly<Record<string, unknown>>) => Compiler;

/** ts-node from where the file lies, else from where this program lies. */
function loadTsNode(file: string): Create | null {
  for (const from of [file, fileURLToPath(import.meta.url)]) {
    try {
      const found: unknown = createRequire(from)("ts-node");
      if (hasCreate(found)) return found.create;
    } catch {
      // Not installed here; the next place may have it.
    }
  }
  return null;
}

function hasCreate(found: unknown): found is { create: Create } {
  return typeof found === "object" && found !== null && "create" in found && typeof found.create === "function";
}
