/** Processes as a pod starts them: with a health port, patient with NATS, and told everything by their environment. */
import { fork, type ChildProcess } from "node:child_process";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { eventually } from "./eventually.ts";

const ENTRIES = {
  agent: new URL("../../runtime-image/src/agent/main.ts", import.meta.url),
  nursery: new URL("../../runtime-image/src/actors/nursery-main.ts", import.meta.url),
  coordinator: new URL("../../coordinator/src/main.ts", import.meta.url),
} as const;

export interface PodOptions {
  readonly program: keyof typeof ENTRIES;
  readonly env: Readonly<Record<string, string>>;
  /** Of the user that it runs as. Default: this process's own. */
  readonly uid?: number;
}

export class Pod implements AsyncDisposable {
  readonly process: ChildProcess;
  readonly exited: Promise<number | null>;
  output = "";
  readonly #port: number;

  private constructor(process: ChildProcess, port: number) {
    this.process = process;
    this.#port = port;
    this.exited = new Promise((resolve) => process.once("exit", resolve));
    for (const stream of [process.stdout, process.stderr])
      stream?.on("data", (chunk: Buffer) => (this.output += chunk.toString()));
  }

  static async start({ program, env, uid }: PodOptions): Promise<Pod> {
    const port = await freePort();
    const child = fork(fileURLToPath(ENTRIES[program]), [], {
      execArgv: ["--disable-warning=ExperimentalWarning"],
      stdio: ["ignore", "pipe", "pipe", "ipc"],
      cwd: "/",
      env: {
        PATH: process.env["PATH"],
        KUBERNETES_SERVICE_HOST: "10.0.0.1",
        TROUPE_HEALTH_PORT: String(port),
        ...env,
      },
      ...(uid === undefined ? {} : { uid, gid: uid }),
    });
    return new Pod(child, port);
  }

  /** Status and text; status 0 while nobody listens. */
  async get(path: string): Promise<{ readonly status: number; readonly text: string }> {
    try {
      const answer = await fetch(`http://127.0.0.1:${this.#port}${path}`);
      return { status: answer.status, text: await answer.text() };
    } catch {
      return { status: 0, text: "" };
    }
  }

  async answers(path: string, status: number): Promise<string> {
    let last = { status: 0, text: "" };
    try {
      await eventually(`${path} answers ${status}`, async () => {
        last = await this.get(path);
        return last.status === status;
      });
    } catch (cause) {
      throw new Error(`${JSON.stringify(last)}\n${this.output}`, { cause });
    }
    return last.text;
  }

  /** As a kubelet asks it to; resolves when it has. */
  async end(): Promise<number | null> {
    this.process.kill("SIGTERM");
    return this.exited;
  }

  /** As a node that fails. */
  async kill(): Promise<void> {
    this.process.kill("SIGKILL");
    await this.exited;
  }

  /** The JSON lines that it has logged; the last one may be on its way. */
  get log(): readonly Readonly<Record<string, unknown>>[] {
    return this.output
      .slice(0, this.output.lastIndexOf("\n") + 1)
      .split("\n")
      .filter((line) => line.startsWith("{"))
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.process.kill("SIGKILL");
    await this.exited;
  }
}

/** It was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const address = server.address();
  await new Promise((closed) => server.close(closed));
  return typeof address === "object" && address !== null ? address.port : 0;
}
