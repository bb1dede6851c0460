import { spawn } from "node:child_process";

export interface RunOptions {
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
}

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end, whatever that is. */
export async function ran(command: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const [program = "", ...args] = command;
  const child = spawn(program, args, {
    stdio: ["pipe", "pipe", "pipe"],
    env: { ...process.env, ...options.env },
    timeout: options.timeoutMs ?? 120_000,
    killSignal: "SIGKILL",
  });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => err.push(chunk));
  child.stdin.on("error", () => undefined).end(options.input ?? "");
  const code = await new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (status, signal) => {
      resolve(signal === null ? (status ?? 0) : 128);
    });
  });
  return { code, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() };
}

/** @returns what a program wrote. @throws {Error} with what it said, when it failed. */
export async function output(command: readonly string[], options: RunOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await ran(command, options);
  if (code !== 0) throw new Error(`${command.join(" ")} ended with ${code}:\n${stderr}${stdout}`);
  return stdout;
}
