/** Runs a program that prints its figures, one JSON object a line: `{ name, value }`, the value a number or several. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { processTree } from "../measure/processes.ts";

const PATIENCE_MS = 300_000;

/** All samples of a figure, by its name. */
export type Said = ReadonlyMap<string, readonly number[]>;

/** @throws {Error} with the end of what it wrote to its standard error, when it fails or takes more than five minutes */
export async function runProgram(command: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<Said> {
  const program = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], env });
  const trouble: Buffer[] = [];
  program.stderr.on("data", (chunk: Buffer) => trouble.push(chunk));
  const said = new Map<string, number[]>();
  createInterface({ input: program.stdout }).on("line", (line) => {
    const { name, value } = JSON.parse(line) as { name: string; value: number | number[] };
    said.set(name, [...(said.get(name) ?? []), ...[value].flat()]);
  });
  const end = (): void => {
    endTree(program);
  };
  process.once("exit", end);
  const patience = setTimeout(end, PATIENCE_MS);
  try {
    const [code] = (await once(program, "close")) as [number | null];
    if (code === 0) return said;
    throw new Error(`${command} ended with ${code ?? "a signal"}: ${Buffer.concat(trouble).toString().slice(-800)}`);
  } finally {
    clearTimeout(patience);
    process.off("exit", end);
  }
}

/** What it has started, such as Ray's own processes, would outlive it. */
function endTree({ pid, exitCode }: ChildProcess): void {
  if (pid === undefined || exitCode !== null) return;
  for (const each of processTree(pid).reverse()) {
    try {
      process.kill(each, "SIGKILL");
    } catch {
      // It ended with its neighbours.
    }
  }
}
