import { Worker } from "node:worker_threads";
import { HOST_FLAGS, hostEntry } from "./entries.ts";
import type { Description, HostStart, LoadProblem } from "./host/protocol.ts";

export type { Description, LoadProblem } from "./host/protocol.ts";

const DEFAULT_LIMIT_MS = 60_000;

/**
 * Loads module files in a thread of its own, which is thrown away, and says which types they register and which of them
 * could not be loaded. What user code prints meanwhile is dropped. Never rejects.
 *
 * @param paths files, and folders whose module files are meant.
 * @param options.timeoutMs how long loading may take in all. Default 60,000: libraries of models take long to load.
 */
export async function describeModules(
  paths: readonly string[],
  options: { readonly timeoutMs?: number } = {},
): Promise<Description> {
  const timeoutMs = options.timeoutMs ?? DEFAULT_LIMIT_MS;
  const start: HostStart = { mode: "describe", files: paths };
  const worker = new Worker(hostEntry(), {
    workerData: start,
    name: "describe",
    stdout: true,
    stderr: true,
    execArgv: [...HOST_FLAGS],
  });
  const failed = (message: string, stack: string | null = null): Description => ({
    types: [],
    problems: [problemWith(paths, message, stack)],
  });
  const description = await new Promise<Description>((resolve) => {
    const timer = setTimeout(() => {
      resolve(
        failed(
          `loading did not end within ${timeoutMs / 1000} s; a module file must not wait for anything when imported`,
        ),
      );
    }, timeoutMs);
    worker.once("message", resolve);
    worker.once("error", (error) => {
      resolve(
        failed(
          error instanceof Error ? error.message : String(error),
          error instanceof Error ? (error.stack ?? null) : null,
        ),
      );
    });
    worker.once("exit", (code) => {
      clearTimeout(timer);
      resolve(failed(`a module file ended the process with code ${code} when it was imported`));
    });
  });
  await worker.terminate();
  return description;
}

function problemWith(paths: readonly string[], message: string, stack: string | null): LoadProblem {
  const file = paths.join(", ");
  return { file, message: `${file}: ${message}`, hint: "", stack };
}
