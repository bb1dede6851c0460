/** One process for one actor, seen from its nursery. */
import type { ActorFacts, ActorOrder, Death, StoredPayload } from "@troupe/protocol";
import { fork, type ChildProcess } from "node:child_process";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { actorEntry } from "../entries.ts";
import type { FromActorProcess, ToActorProcess } from "./actor-protocol.ts";

/** Compiled code is kept between starts: it makes the second one quicker. */
const COMPILE_CACHE = join(tmpdir(), "node-compile-cache");

/**
 * In an image of the user's own, Node is started by the loader that came along with it (`install/main.ts`), which is the program, then, that the
 * kernel knows: it has to be told again where Node and its libraries lie.
 */
export function loaderArguments(execPath: string): readonly string[] {
  if (basename(execPath) !== "loader") return [];
  const folder = dirname(execPath);
  return ["--library-path", folder, join(folder, "../bin/node")];
}

export interface ActorProcessOptions {
  readonly env: Readonly<Record<string, string>>;
  /** Each line that it prints. `source` names the actor. */
  readonly onLine: (source: string, line: string) => void;
  /** Its phase is another one now. */
  readonly onChange: () => void;
  readonly onExit: (death: Death) => void;
  /** The payloads of all shared objects that it holds. */
  readonly onHolds: (objects: readonly string[]) => void;
  /** It asks for a file of a stored object. @returns null when there is none */
  readonly bring: (payload: StoredPayload) => Promise<string | null>;
}

export class ActorProcess {
  readonly exited: Promise<void>;
  readonly #child: ChildProcess;
  readonly #options: ActorProcessOptions;
  #phase: "starting" | "alive" = "starting";
  #facts: ActorFacts | null = null;
  #death: Death | undefined;
  #className = "The actor";
  #source = "spare";

  constructor(options: ActorProcessOptions) {
    const { env, onLine, onChange, onExit } = options;
    this.#options = options;
    this.#child = fork(fileURLToPath(actorEntry()), [], {
      env: { NODE_COMPILE_CACHE: COMPILE_CACHE, ...process.env, ...env },
      // Our own flags (an inspector's port, a test runner's loader) are not the actors'.
      execArgv: [...loaderArguments(process.execPath), "--disable-warning=ExperimentalWarning"],
      stdio: ["ignore", "pipe", "pipe", "ipc"],
      serialization: "json",
      detached: true,
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      if (stream === null) continue;
      createInterface({ input: stream }).on("line", (line) => {
        onLine(this.#source, line);
      });
    }
    this.#child.on("message", (message: FromActorProcess) => {
      this.#hear(message);
      // What it does at the moment is told with the next beat.
      if (message.t === "alive") onChange();
    });
    this.exited = new Promise((resolve) => {
      const end = (death: Death): void => {
        resolve();
        onExit(death);
      };
      this.#child.once("exit", (code, signal) => {
        end(this.#death ?? this.#deathOf(code, signal));
      });
      this.#child.once("error", (error) => {
        end({ code: "Crashed", message: `${this.#className}'s process could not be started: ${error.message}` });
      });
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get phase(): "starting" | "alive" {
    return this.#phase;
  }

  get facts(): ActorFacts | null {
    return this.#facts;
  }

  assign(order: ActorOrder, incarnation: number, gpus: readonly number[]): void {
    this.#className = order.className;
    this.#source = `${order.className} ${order.name ?? order.id.slice(0, 4)}`;
    this.#send({ t: "assign", order, incarnation, gpus });
  }

  /** At once: whoever wants it ended wants that it does nothing more. @param death why; default: what its exit tells */
  end(death?: Death): void {
    this.#death ??=
      death === undefined ? undefined : { ...death, message: `${this.#className} has ended: ${death.message}` };
    this.#child.kill("SIGKILL");
  }

  #hear(message: FromActorProcess): void {
    switch (message.t) {
      case "spare":
        return;
      case "alive":
        this.#phase = "alive";
        this.#facts = message.facts;
        return;
      case "facts":
        this.#facts = message.facts;
        return;
      case "dying":
        this.#death = message.death;
        return;
      case "holds":
        this.#options.onHolds(message.objects);
        return;
      case "bring":
        void this.#bring(message.payload);
        return;
    }
  }

  async #bring(payload: StoredPayload): Promise<void> {
    const path = await this.#options.bring(payload);
    if (this.#child.connected) this.#send({ t: "brought", object: payload.ref.id, path });
  }

  #send(message: ToActorProcess): void {
    this.#child.send(message);
  }

  #deathOf(code: number | null, signal: NodeJS.Signals | null): Death {
    if (signal === null) {
      return {
        code: "Exited",
        message: `${this.#className} ended its process with exit code ${code ?? 0}`,
        exitCode: code ?? 0,
      };
    }
    const isKilled = signal === "SIGKILL";
    const hint = isKilled ? ", as the kernel does when memory runs out" : "";
    return { code: "Crashed", message: `${this.#className}'s process was ended by ${signal}${hint}`, signal };
  }
}
