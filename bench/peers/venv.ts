/** A Python environment with the peers in it, made on first use. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { Skipped } from "../sections/section.ts";
import { ROOT } from "../system/bundle.ts";

const run = promisify(execFile);

const VENV = join(ROOT, ".troupe/bench-venv");
/** Written last: a venv that was interrupted is made anew. */
const MARK = join(VENV, "troupe-ready");
/** MAGDA's own pins (ray below 2, PyYAML below 6) have no wheels for a Python of today; it runs unchanged on these. */
const MAGDA = "magda==0.2.0rc2";
const BESIDE_IT = ["colorama", "pyyaml", "ray==2.60.0"];
/** thread-chunks names none of what it imports. */
const CHUNKS = ["thread-chunks==1.0.5", "cloudpickle", "numpy", "saveable-objects", "tqdm"];
/** Ray has wheels for these. */
const PYTHONS = ["python3.11", "python3.12", "python3.10", "python3.13", "python3"];

/** @returns the Python to run peers with. @throws {Skipped} when there is no Python, or its packages cannot be had. */
export async function ensurePeer(say: (line: string) => void): Promise<string> {
  const python = join(VENV, "bin/python");
  if (existsSync(MARK) && (await works(python))) return python;
  const system = await findPython();
  say(`making ${VENV} with ${[MAGDA, ...BESIDE_IT, ...CHUNKS].join(", ")} (once; a download of about 100 MB)`);
  try {
    await rm(VENV, { recursive: true, force: true });
    await run(system, ["-m", "venv", VENV]);
    await run(python, ["-m", "pip", "install", "--quiet", "--no-deps", MAGDA]);
    await run(python, ["-m", "pip", "install", "--quiet", ...BESIDE_IT, ...CHUNKS]);
  } catch (error) {
    throw new Skipped(`the peers cannot be installed: ${lastLine(error)}`);
  }
  if (!(await works(python))) throw new Skipped("the peers were installed, but cannot be imported");
  await writeFile(MARK, "");
  return python;
}

async function findPython(): Promise<string> {
  for (const python of PYTHONS) {
    if (await succeeds(python, ["-c", "import venv, sys; sys.exit(not (3, 10) <= sys.version_info < (3, 14))"]))
      return python;
  }
  throw new Skipped("there is no Python 3.10 to 3.13 with venv on PATH");
}

async function works(python: string): Promise<boolean> {
  return succeeds(python, ["-c", "import magda, ray, thread_chunks"]);
}

async function succeeds(command: string, args: readonly string[]): Promise<boolean> {
  return run(command, [...args]).then(
    () => true,
    () => false,
  );
}

function lastLine(error: unknown): string {
  const text = error instanceof Error && "stderr" in error ? String(error.stderr) : String(error);
  return text.trim().split("\n").at(-1) ?? "";
}
