/** Troupe, installed by its chart on a cluster of the tests. */
import { connect, type JobResult, type PipelineClient } from "@troupe/sdk";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Cluster, Tunnel } from "./cluster.ts";
import { CHART } from "./helm.ts";
import { output } from "./run.ts";

const ROOT = resolve(import.meta.dirname, "../../..");
export const SYSTEM = "troupe-system";
export const RELEASE = "troupe";

/** What is built from this checkout, unless the environment names images that the cluster can pull (TROUPE_E2E_REGISTRY, TROUPE_E2E_TAG). */
const REGISTRY = process.env["TROUPE_E2E_REGISTRY"];

export async function buildImages(): Promise<readonly string[]> {
  if (REGISTRY !== undefined) return [];
  const base = process.env["BASE"] ?? "scratch";
  const built = await output([resolve(ROOT, "hack/images/build"), "control-plane", "runtime", "nats"], {
    env: { BASE: base },
    timeoutMs: 600_000,
  });
  return built.trim().split("\n");
}

/** Those of {@link buildImages} that people run, when their base is the one of this checkout. */
export function ownArchives(): readonly string[] {
  if (REGISTRY !== undefined || (process.env["BASE"] ?? "scratch") !== "scratch") return [];
  return ["control-plane", "runtime"].map((name) => resolve(ROOT, `.troupe/images/${name}.tar`));
}

/** The server of the chart, and of those that are outside of it. */
export const NATS_IMAGE = REGISTRY === undefined ? "localhost/troupe/nats:dev" : "docker.io/library/nats:2.12-alpine";

/** Where the images of the tests are, as `--set` has it. */
export const IMAGES = [
  `image.registry=${REGISTRY ?? "localhost/troupe"}`,
  `image.tag=${process.env["TROUPE_E2E_TAG"] ?? "dev"}`,
  `nats.image=${NATS_IMAGE}`,
].join(",");

/** A namespace whose pods have to pass the profile "restricted". */
export async function restrictedNamespace(cluster: Cluster, name: string): Promise<void> {
  await cluster.kubectl(["create", "namespace", name]);
  await cluster.kubectl(["label", "namespace", name, "pod-security.kubernetes.io/enforce=restricted"]);
}

/** @param sets further values, as `--set` has them */
export async function install(cluster: Cluster, sets: readonly string[] = [], chart = CHART): Promise<void> {
  const shared = ["gpu.shared.resource=nvidia.com/gpu.shared", "gpu.shared.slices=2"];
  const values = [IMAGES, ...shared, ...sets].flatMap((set) => ["--set", set]);
  await cluster.helm(
    ["upgrade", "--install", RELEASE, chart, "--namespace", SYSTEM, "--wait", "--timeout", "3m", ...values],
    { timeoutMs: 200_000 },
  );
}

export interface Upgrade {
  /** Values that differ from those of before. */
  readonly sets: readonly string[];
  /** Of the images that pods have afterwards. */
  readonly tag: string;
}

/** Images of another tag: the same ones under a new name, or what TROUPE_E2E_NEXT_TAG names. Undefined: the cluster cannot be given any. */
export async function nextImages(cluster: Cluster): Promise<Upgrade | undefined> {
  const next = process.env["TROUPE_E2E_NEXT_TAG"] ?? (REGISTRY === undefined && cluster.isOwn ? "next" : undefined);
  if (next === undefined) return undefined;
  if (REGISTRY === undefined)
    for (const name of ["control-plane", "runtime"])
      await cluster.tag(`localhost/troupe/${name}:dev`, `localhost/troupe/${name}:${next}`);
  return { sets: [`image.tag=${next}`], tag: next };
}

export interface NatsPlace {
  readonly namespace: string;
  readonly service: string;
  readonly scheme: "nats" | "tls";
  /** With the credentials of clients, in the namespace of the release. */
  readonly secret: string;
}

const BUNDLED: NatsPlace = {
  namespace: SYSTEM,
  service: `${RELEASE}-nats`,
  scheme: "nats",
  secret: `${RELEASE}-nats-client`,
};

/** The way from the test to a NATS of the cluster. */
export class Door implements AsyncDisposable {
  /** A folder that goes with it. */
  readonly folder: string;
  readonly #cluster: Cluster;
  readonly #tunnel: Tunnel;
  readonly #place: NatsPlace;

  private constructor(cluster: Cluster, tunnel: Tunnel, folder: string, place: NatsPlace) {
    this.#cluster = cluster;
    this.#tunnel = tunnel;
    this.folder = folder;
    this.#place = place;
  }

  /** @param place default: the NATS of the release */
  static async open(cluster: Cluster, place = BUNDLED): Promise<Door> {
    const tunnel = await cluster.tunnel(place.namespace, place.service, 4222);
    return new Door(cluster, tunnel, await mkdtemp(join(tmpdir(), "troupe-e2e-")), place);
  }

  get url(): string {
    return `${this.#place.scheme}://127.0.0.1:${this.#tunnel.port}`;
  }

  /** The path of a file with the credentials of clients. */
  async clientCredentials(): Promise<string> {
    return this.credentials(SYSTEM, this.#place.secret);
  }

  /** The path of a file with the credentials that a Secret holds. */
  async credentials(namespace: string, secret: string): Promise<string> {
    const coded = await this.#cluster.kubectl([
      "get",
      "secret",
      secret,
      "--namespace",
      namespace,
      "-o",
      "jsonpath={.data.user\\.creds}",
    ]);
    const path = join(this.folder, `${namespace}.${secret}.creds`);
    await writeFile(path, Buffer.from(coded, "base64"), { mode: 0o600 });
    return path;
  }

  async client<R extends JobResult = JobResult>(namespace: string, pipeline: string): Promise<PipelineClient<R>> {
    const creds = await this.clientCredentials();
    return connect<R>({ nats: this.url, creds, namespace, pipeline, timeline: true, coordinatorTimeoutMs: 60_000 });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#tunnel[Symbol.asyncDispose]();
    await rm(this.folder, { recursive: true, force: true });
  }
}
