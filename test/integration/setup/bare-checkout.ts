/**
 * A checkout with nothing but the scripts of hack/, on a machine that has only the programs that a test gives it: which way the
 * set-up takes is what is tested, so what it calls are scripts of our own that note that they were called.
 */
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync } from "node:fs";
import { rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { text } from "node:stream/consumers";

const HACK = resolve(import.meta.dirname, "../../../hack");

/** What every system has. `uname` is a script: the machine is always the same one. */
const SYSTEM =
  "cat chmod cksum cp cut dirname env find flock gzip id mkdir mv rm sed sh sha256sum sleep tar timeout touch tr";

export interface Ended {
  /** Exit code; null when a signal ended it. */
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export class BareCheckout {
  readonly root = mkdtempSync(join(tmpdir(), "troupe-setup-"));
  readonly bin = join(this.root, "bin");
  readonly home = join(this.root, "home");
  readonly tools = join(this.root, "checkout/.troupe/tools");
  readonly #checkout = join(this.root, "checkout");
  readonly #calls = join(this.root, "calls");

  constructor() {
    for (const folder of [this.bin, this.home, join(this.#checkout, "hack")]) mkdirSync(folder, { recursive: true });
    for (const name of ["node.sh", "setup.sh", "nats-server.sh", "state.sh"])
      copyFileSync(join(HACK, name), join(this.#checkout, "hack", name));
    for (const name of SYSTEM.split(" ")) {
      const path = execFileSync("sh", ["-c", `command -v ${name} || true`], { encoding: "utf8" }).trim();
      // A Mac has neither flock nor timeout.
      if (path !== "") symlinkSync(path, join(this.bin, name));
    }
    this.program("uname", `case $1 in -s) echo Linux ;; *) echo x86_64 ;; esac`);
    this.program("id", "echo 1000");
    writeFileSync(this.#calls, "");
  }

  [Symbol.dispose](): void {
    rmSync(this.root, { recursive: true, force: true });
  }

  /** A path within the checkout. */
  at(path: string): string {
    return join(this.#checkout, path);
  }

  /** Writes a script, by default one that is on PATH. @returns its path */
  program(name: string, body: string, folder = this.bin): string {
    mkdirSync(folder, { recursive: true });
    const path = join(folder, name);
    rmSync(path, { force: true });
    writeFileSync(path, `#!/bin/sh\n${body}\n`);
    chmodSync(path, 0o755);
    return path;
  }

  /** A script that notes its arguments before it does anything. */
  noted(name: string, body: string, folder = this.bin): string {
    return this.program(name, `printf '%s\\n' "${name} $*" >>'${this.#calls}'\n${body}`, folder);
  }

  /** What was called so far, one line a call. */
  calls(): string[] {
    return readFileSync(this.#calls, "utf8").split("\n").slice(0, -1);
  }

  /** A nats-server that only knows its version. */
  natsServer(version: string, folder = this.bin): string {
    return this.program("nats-server", `echo 'nats-server: v${version}'`, folder);
  }

  /** Puts the file into the checkout. */
  file(path: string, content: string): void {
    mkdirSync(dirname(this.at(path)), { recursive: true });
    writeFileSync(this.at(path), content);
  }

  /** What lies in .troupe/tools. */
  kept(): string[] {
    return existsSync(this.tools) ? readdirSync(this.tools).toSorted() : [];
  }

  /** Starts a script of hack/ in a process group of its own. */
  start(script: string, args: readonly string[] = [], environment: Readonly<Record<string, string>> = {}): Run {
    return new Run(
      spawn("/bin/sh", [this.at(`hack/${script}`), ...args], {
        env: { PATH: this.bin, HOME: this.home, ...environment },
        stdio: ["ignore", "pipe", "pipe"],
        detached: true,
      }),
    );
  }

  async run(
    script: string,
    args: readonly string[] = [],
    environment: Readonly<Record<string, string>> = {},
  ): Promise<Ended> {
    return this.start(script, args, environment).ended;
  }
}

/** A script that runs. */
export class Run {
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcess;
  #err = "";

  constructor(child: ChildProcess) {
    this.#child = child;
    this.ended = this.#read();
  }

  /** What it has said so far. */
  get err(): string {
    return this.#err;
  }

  /** To the script and all that it has started, as a terminal does it. */
  signal(name: "SIGINT" | "SIGTERM" | "SIGKILL"): void {
    const { pid } = this.#child;
    if (pid === undefined) throw new Error("the script did not start");
    process.kill(-pid, name);
  }

  async #read(): Promise<Ended> {
    const { stdout, stderr } = this.#child;
    if (stdout === null || stderr === null) throw new Error("the script has no pipes");
    stderr.setEncoding("utf8").on("data", (chunk: string) => (this.#err += chunk));
    const [out, [code]] = await Promise.all([text(stdout), once(this.#child, "close") as Promise<[number | null]>]);
    return { code, out, err: this.#err };
  }
}
