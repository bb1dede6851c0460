/** Coordinators for a test: as the process that they are, or in this process, with settings that a test can wait for. */
import { fork, type ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { connectBus, type BlobFolder, type Scope } from "@troupe/protocol";
import type { OwnerTuning } from "../../coordinator/src/shell/live-owner-options.ts";
import type { Log } from "../../coordinator/src/shell/log.ts";
import type { PayloadTotal } from "../../coordinator/src/shell/payload-total.ts";
import { PipelineCoordinator } from "../../coordinator/src/shell/pipeline-coordinator.ts";
import { eventually } from "./eventually.ts";

/** The sources, and not a bundle that may be older. */
const ENTRY = fileURLToPath(new URL("../../coordinator/src/main.ts", import.meta.url));

export interface LogEntry {
  readonly level: string;
  readonly message: string;
  readonly [field: string]: unknown;
}

abstract class Logged {
  readonly log: LogEntry[] = [];

  said(message: string): LogEntry[] {
    return this.log.filter((entry) => entry.message === message);
  }

  /** Waits for its `count`th line of the message. */
  async says(message: string, count = 1): Promise<LogEntry> {
    return this.until(`says "${message}"`, (entry) => entry.message === message, count);
  }

  /** Waits for its `count`th line that fits. */
  async until(what: string, fits: (entry: LogEntry) => boolean, count = 1): Promise<LogEntry> {
    try {
      await eventually(`the coordinator ${what}`, () => this.log.filter(fits).length >= count);
    } catch (cause) {
      throw new Error(`it said ${JSON.stringify(this.log)}`, { cause });
    }
    return this.log.filter(fits)[count - 1]!;
  }

  async owns(): Promise<LogEntry> {
    return this.says("owns the pipeline");
  }
}

/** A coordinator's process. */
export class CoordinatorProcess extends Logged implements AsyncDisposable {
  readonly exited: Promise<void>;
  readonly #child: ChildProcess;

  /** @param scope undefined: it finds its pipelines. */
  constructor(url: string, scope: Scope | undefined, id: string, env: Readonly<Record<string, string>> = {}) {
    super();
    const work =
      scope === undefined
        ? {}
        : { TROUPE_NAMESPACE: scope.namespace, TROUPE_PIPELINES: `${scope.pipeline}:${scope.uid}` };
    this.#child = fork(ENTRY, [], {
      execArgv: ["--disable-warning=ExperimentalWarning"],
      stdio: ["ignore", "pipe", "inherit", "ipc"],
      env: {
        ...process.env,
        TROUPE_NATS_URL: url,
        TROUPE_COORDINATOR_ID: id,
        ...work,
        ...env,
      },
    });
    this.exited = new Promise((resolve) =>
      this.#child.once("exit", () => {
        resolve();
      }),
    );
    createInterface({ input: this.#child.stdout! }).on("line", (line) => {
      if (line.startsWith("{")) this.log.push(JSON.parse(line) as LogEntry);
    });
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  async kill(): Promise<void> {
    this.signal("SIGKILL");
    await this.exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}

export interface InProcess {
  readonly url: string;
  readonly scope: Scope;
  readonly id?: string;
  readonly tuning?: OwnerTuning;
  readonly payloads?: BlobFolder;
  readonly payloadTotal?: PayloadTotal;
}

/** A coordinator in this process. Disposing of it is an orderly stop. */
export class InProcessCoordinator extends Logged implements AsyncDisposable {
  readonly #coordinator: PipelineCoordinator;
  readonly #close: () => Promise<void>;

  private constructor(make: (log: Log) => PipelineCoordinator, close: () => Promise<void>) {
    super();
    const keep =
      (level: string) =>
      (message: string, fields: Readonly<Record<string, unknown>> = {}) => {
        this.log.push({ level, message, ...fields });
      };
    this.#coordinator = make({ debug: keep("debug"), info: keep("info"), warn: keep("warn"), error: keep("error") });
    this.#close = close;
  }

  static async start({
    url,
    scope,
    id = "coordinator-0",
    tuning,
    ...shared
  }: InProcess): Promise<InProcessCoordinator> {
    const holder = `${id}.${crypto.randomUUID().slice(0, 8)}`;
    const bus = await connectBus({ url, name: holder });
    const options = { bus, scope, id: holder, ...shared, ...(tuning === undefined ? {} : { tuning }) };
    return new InProcessCoordinator(
      (log) => new PipelineCoordinator({ ...options, log }),
      async () => bus.close(),
    );
  }

  /** Undefined: it is no owner. */
  get figures(): PipelineCoordinator["figures"] {
    return this.#coordinator.figures;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#coordinator[Symbol.asyncDispose]();
    await this.#close();
  }
}
