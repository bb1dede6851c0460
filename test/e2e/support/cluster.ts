/** The cluster that the tests run on: that of KUBECONFIG, or a one-node Kubernetes of our own (hack/cluster). */
import { connect as dial, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { eventually } from "../../support/eventually.ts";
import { HELM } from "./helm.ts";
import { output, ran, type Ran, type RunOptions } from "./run.ts";

const ROOT = resolve(import.meta.dirname, "../../..");
const SCRIPTS = resolve(ROOT, "hack/cluster");
/** What stands in for commands that people have and the tests have not. */
const STAND_INS = resolve(import.meta.dirname, "../fixtures/bin");
const NAME = process.env["TROUPE_E2E_CLUSTER"] ?? "e2e";
/** A command that brings the image archive that follows it to the nodes of the cluster of KUBECONFIG, such as `kind load image-archive`. */
const LOAD = process.env["TROUPE_E2E_LOAD"];
const NO_IMAGES =
  "KUBECONFIG is set, and nothing says how images come to that cluster: set TROUPE_E2E_LOAD to a command that takes an archive " +
  "('kind load image-archive'), or TROUPE_E2E_REGISTRY and TROUPE_E2E_TAG to where they are (hack/cluster/README.md)";

export class Cluster implements AsyncDisposable {
  /** Ours: made here, and removed again. */
  readonly isOwn: boolean;
  readonly name = NAME;
  readonly #prefix: readonly string[];

  private constructor(isOwn: boolean) {
    this.isOwn = isOwn;
    this.#prefix = isOwn ? [resolve(SCRIPTS, "in"), NAME] : [];
  }

  /** Why there can be no cluster here; undefined: there can be one. */
  static async obstacle(): Promise<string | undefined> {
    if (process.env["KUBECONFIG"] !== undefined) return externalObstacle();
    const { code, stderr } = await ran([resolve(SCRIPTS, "needs")], { timeoutMs: 600_000 });
    return code === 0 ? undefined : stderr.trim();
  }

  static async open(): Promise<Cluster> {
    const isOwn = process.env["KUBECONFIG"] === undefined;
    const cluster = new Cluster(isOwn);
    if (!isOwn) return cluster;
    await output([resolve(SCRIPTS, "down"), NAME]);
    await output([resolve(SCRIPTS, "up"), NAME], { timeoutMs: 3_000_000 });
    return cluster;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.isOwn && process.env["KEEP_CLUSTER"] === undefined) await output([resolve(SCRIPTS, "down"), NAME]);
  }

  async kubectl(args: readonly string[], options: RunOptions = {}): Promise<string> {
    return output([...this.#prefix, "kubectl", ...args], options);
  }

  /** As {@link kubectl}, but what is refused is a value. */
  async tryKubectl(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
    return ran([...this.#prefix, "kubectl", ...args], options);
  }

  async helm(args: readonly string[], options: RunOptions = {}): Promise<string> {
    return output([...this.#prefix, this.isOwn ? "helm" : (HELM ?? "helm"), ...args], options);
  }

  /** Runs a script as somebody would type it who has kubectl and helm, and this cluster as the current one. */
  async shell(script: string, options: RunOptions = {}): Promise<string> {
    const folders = [...(this.isOwn || HELM === undefined ? [] : [dirname(HELM)]), STAND_INS];
    return output([...this.#prefix, "bash", "-c", `PATH=$PATH:${folders.join(":")}\n${script}`], options);
  }

  async apply(namespace: string, yaml: string): Promise<void> {
    await this.kubectl(["apply", "--namespace", namespace, "-f", "-"], { input: yaml });
  }

  async json(args: readonly string[]): Promise<unknown> {
    return JSON.parse(await this.kubectl([...args, "-o", "json"])) as unknown;
  }

  /** Waits for a condition that kubectl knows to wait for. */
  async wait(namespace: string, what: string, condition: string, seconds = 120): Promise<void> {
    await this.kubectl(["wait", "--namespace", namespace, `--for=${condition}`, `--timeout=${seconds}s`, what], {
      timeoutMs: (seconds + 10) * 1000,
    });
  }

  /** What pods asked of the API server, newest last; undefined: only a cluster of our own tells. */
  async audit(): Promise<readonly unknown[] | undefined> {
    if (!this.isOwn) return undefined;
    const text = await readFile(`/var/tmp/troupe-cluster/${NAME}/logs/audit.log`, "utf8");
    // The last line may be on its way.
    const lines = text.slice(0, text.lastIndexOf("\n") + 1).split("\n");
    return lines.flatMap((line) => (line === "" ? [] : [JSON.parse(line) as unknown]));
  }

  /** Whether images can be brought to it: else they come from a registry. */
  get canLoad(): boolean {
    return this.isOwn || LOAD !== undefined;
  }

  /** Brings an image to the nodes. */
  async load(archive: string): Promise<void> {
    if (this.isOwn) await output([...this.#prefix, "ctr", "images", "import", archive]);
    else if (LOAD !== undefined) await output(["sh", "-c", `${LOAD} "$1"`, "load", archive], { timeoutMs: 600_000 });
    else throw new Error(NO_IMAGES);
  }

  /** Gives an image of the node another name: only a cluster of our own can be reached so. */
  async tag(image: string, name: string): Promise<void> {
    await output([...this.#prefix, "ctr", "images", "tag", "--force", image, name]);
  }

  /** A port of this machine that leads to a Service, also after its pod was replaced. */
  async tunnel(namespace: string, service: string, port: number): Promise<Tunnel> {
    if (!this.isOwn) return forwardedTunnel({ namespace, service, port });
    const address = await this.kubectl([
      "get",
      "service",
      service,
      "--namespace",
      namespace,
      "-o",
      "jsonpath={.spec.clusterIP}",
    ]);
    // By default it carries 8 KiB at a time, and waits for its turn on the processor after each.
    return relayTunnel([...this.#prefix, "socat", "-b", "262144", "STDIO", `TCP:${address}:${port}`]);
  }
}

async function externalObstacle(): Promise<string | undefined> {
  if (HELM === undefined) return "there is no helm; hack/cluster/build helm builds one";
  if (LOAD === undefined && process.env["TROUPE_E2E_REGISTRY"] === undefined) return NO_IMAGES;
  const { code, stderr } = await ran(["kubectl", "version"], { timeoutMs: 60_000 });
  return code === 0 ? undefined : `the cluster of KUBECONFIG does not answer: ${stderr.trim()}`;
}

export interface Tunnel extends AsyncDisposable {
  readonly port: number;
}

/** Each connection is a process inside the cluster's network. */
async function relayTunnel(command: readonly string[]): Promise<Tunnel> {
  const children = new Set<ChildProcess>();
  const server = createServer((socket) => {
    const [program = "", ...args] = command;
    const child = spawn(program, args, { stdio: ["pipe", "pipe", "ignore"] });
    children.add(child);
    child.once("close", () => {
      children.delete(child);
      socket.destroy();
    });
    for (const stream of [socket, child.stdin, child.stdout]) stream.on("error", () => child.kill());
    socket.once("close", () => child.kill());
    socket.pipe(child.stdin);
    child.stdout.pipe(socket);
  });
  return {
    port: await listen(server),
    [Symbol.asyncDispose]: async () => {
      server.close();
      for (const child of children) child.kill();
    },
  };
}

/** kubectl's forwarding ends with the pod that it leads to, so each connection gets one of its own. */
async function forwardedTunnel(to: { namespace: string; service: string; port: number }): Promise<Tunnel> {
  const children = new Set<ChildProcess>();
  const server = createServer((socket) => {
    const child = spawn(
      "kubectl",
      ["port-forward", "--namespace", to.namespace, `service/${to.service}`, `:${to.port}`],
      {
        stdio: ["ignore", "pipe", "ignore"],
      },
    );
    children.add(child);
    child.once("close", () => {
      children.delete(child);
      socket.destroy();
    });
    socket.on("error", () => child.kill()).once("close", () => child.kill());
    void join(socket, child);
  });
  return {
    port: await listen(server),
    [Symbol.asyncDispose]: async () => {
      server.close();
      for (const child of children) child.kill();
    },
  };
}

async function join(socket: Socket, child: ChildProcess): Promise<void> {
  let said = "";
  child.stdout?.on("data", (chunk: Buffer) => (said += chunk.toString()));
  await eventually("kubectl forwards a port", () => /127\.0\.0\.1:\d+/.test(said) || child.exitCode !== null);
  const port = /127\.0\.0\.1:(\d+)/.exec(said)?.[1];
  if (port === undefined) return;
  const far = dial(Number(port), "127.0.0.1");
  far.on("error", () => child.kill()).once("close", () => child.kill());
  socket.pipe(far);
  far.pipe(socket);
}

async function listen(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}
