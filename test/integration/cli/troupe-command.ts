/** The command as users call it: the bundled program, in a process of its own. */
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { text } from "node:stream/consumers";

export const ROOT = resolve(import.meta.dirname, "../../..");
export const FIXTURES = "test/integration/fixtures/cli";
/** One hundredth of the examples' seconds. */
export const FAST = ["--context", '{"scale": 0.01}'];
/** More than this machine may have; nothing is claimed for real. */
export const ROOM = ["--cpus", "16", "--gpus", "4"];

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** A line of `-o json`. */
export interface Line {
  readonly id: string;
  readonly index: number;
  readonly state: string;
  readonly result: Readonly<Record<string, unknown>> | null;
  readonly error: Readonly<Record<string, unknown>> | null;
}

export interface Span {
  readonly job: string;
  readonly module: string;
  readonly group: string;
  readonly replica: string;
  readonly attempt: number;
  readonly readyAt: number;
  readonly startedAt: number;
  readonly endedAt: number;
}

export interface Timeline {
  readonly jobs: readonly { readonly id: string; readonly index: number; readonly state: string }[];
  readonly spans: readonly Span[];
}

export class TroupeCommand {
  readonly #bundle: string;

  private constructor(bundle: string) {
    this.#bundle = bundle;
  }

  /** @param name of a folder of its own, two levels below the root as the one that users run; test files run side by side */
  static async bundled(name: string): Promise<TroupeCommand> {
    const bundle = join(ROOT, ".troupe", name);
    const bundling = spawn(process.execPath, [join(ROOT, "hack/bundle.mjs"), bundle], { stdio: "inherit" });
    const code = await new Promise((done) => bundling.once("exit", done));
    if (code !== 0) throw new Error(`hack/bundle.mjs ended with ${String(code)}`);
    return new TroupeCommand(bundle);
  }

  start(
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): { readonly child: ChildProcess; readonly ended: Promise<Ended> } {
    const child = spawn(process.execPath, [join(this.#bundle, "cli.js"), ...args], {
      cwd: ROOT,
      env: { ...process.env, NO_COLOR: "1", LANG: "C.UTF-8", COLUMNS: "100", ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const exit = new Promise<number | null>((done) => child.once("exit", done));
    const ended = Promise.all([exit, text(child.stdout), text(child.stderr)]).then(([code, out, err]) => ({
      code,
      out,
      err,
    }));
    return { child, ended };
  }

  async run(...args: string[]): Promise<Ended> {
    return this.start(args).ended;
  }

  /** `run` with `-o json`, and with the timeline. */
  async timed(...args: string[]): Promise<{ ended: Ended; lines: Line[]; timeline: Timeline }> {
    return inFolder(async (folder) => {
      const file = join(folder, "t.json");
      const ended = await this.run("run", ...args, "-o", "json", "--timeline", file);
      return { ended, lines: linesOf(ended), timeline: JSON.parse(await readFile(file, "utf8")) as Timeline };
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#bundle, { recursive: true, force: true });
  }
}

/** @param work gets a temporary folder, which is gone when it ends */
export async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "troupe-cli-"));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

export function linesOf({ out }: Ended): Line[] {
  return out
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Line);
}

export function spanOf({ spans }: Timeline, job: string, module: string): Span {
  return spans.find((span) => span.job === job && span.module === module)!;
}

/** The largest number of spans of a group that ran at the same time. */
export function mostAtOnce({ spans }: Timeline, group: string): number {
  const own = spans.filter((span) => span.group === group);
  return Math.max(
    ...own.map(
      ({ startedAt }) => own.filter((other) => other.startedAt <= startedAt && startedAt < other.endedAt).length,
    ),
  );
}
