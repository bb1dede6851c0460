/** An operator as the process that it is, which can be killed. */
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { RELEASE } from "./rights.ts";
import type { World } from "./world.ts";

const ENTRY = fileURLToPath(new URL("../../../operator/src/main.ts", import.meta.url));

const TAIL_LINES = 60;
/** Two processes must never share a name: it is theirs in the Lease. */
let made = 0;

export interface OperatorProcessOptions {
  /** Of group pods: another one makes other templates. */
  readonly image?: string | undefined;
  /** Name of the Lease. Default: it is the only one, and leads. */
  readonly lease?: string | undefined;
  /** File of the configuration by which it reaches the API server. Default: that of the chart's account. */
  readonly kubeconfig?: string | undefined;
  /** Further variables of its environment. */
  readonly env?: Readonly<Record<string, string>>;
}

export class OperatorProcess implements AsyncDisposable {
  /** Its name in the Lease. */
  readonly identity: string;
  readonly #child: ChildProcess;
  readonly #tail: string[] = [];
  readonly #exited: Promise<unknown>;

  constructor(
    world: World,
    { image = "troupe.test/runtime:1", lease = "none", kubeconfig, env = {} }: OperatorProcessOptions = {},
  ) {
    made += 1;
    this.identity = `operator-${process.pid}-${made}`;
    this.#child = fork(ENTRY, [], {
      execArgv: ["--disable-warning=ExperimentalWarning"],
      stdio: ["ignore", "pipe", "inherit", "ipc"],
      env: {
        PATH: process.env["PATH"],
        KUBECONFIG: kubeconfig ?? world.kubeconfig,
        TROUPE_NATS_URL: world.nats.url,
        TROUPE_RUNTIME_IMAGE: image,
        TROUPE_NAMESPACE: RELEASE.namespace,
        TROUPE_POD_NAME: this.identity,
        TROUPE_LEASE: lease,
        TROUPE_HEALTH_PORT: "0",
        TROUPE_LOG_LEVEL: "info",
        ...env,
      },
    });
    this.#exited = once(this.#child, "exit");
    if (this.#child.stdout !== null)
      createInterface({ input: this.#child.stdout }).on("line", (line) => {
        this.#tail.push(line);
        if (this.#tail.length > TAIL_LINES) this.#tail.shift();
      });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** The last lines that it logged. */
  get tail(): string {
    return this.#tail.join("\n");
  }

  /** Resolves when it has read the cluster. */
  async started(): Promise<number> {
    const [message] = (await once(this.#child, "message")) as [{ readonly healthPort: number }];
    return message.healthPort;
  }

  /** Stops it where it stands, until it is woken. */
  freeze(): void {
    this.#child.kill("SIGSTOP");
  }

  wake(): void {
    this.#child.kill("SIGCONT");
  }

  /** Resolves when it has ended. @returns its exit code; null: a signal ended it. */
  async exited(): Promise<number | null> {
    await this.#exited;
    return this.#child.exitCode;
  }

  async kill(signal: "SIGKILL" | "SIGTERM" = "SIGKILL"): Promise<number | null> {
    this.#child.kill(signal);
    await this.#exited;
    return this.#child.exitCode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) await this.kill();
  }
}
