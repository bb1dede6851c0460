/**
 * A real Kubernetes control plane for a test file: etcd and kube-apiserver (and kube-controller-manager if wanted) on free ports, gone with the test.
 * There is no kubelet and no scheduler: Deployments get ReplicaSets and Pods, and the Pods stay Pending.
 */
import { KubeConfig } from "@kubernetes/client-node";
import { execFile } from "node:child_process";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { get } from "node:https";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { eventually } from "./eventually.ts";
import { freePorts } from "./free-ports.ts";
import { Daemon } from "./daemon.ts";

const run = promisify(execFile);
const ROOT = resolve(import.meta.dirname, "../..");

export interface ControlPlaneOptions {
  /** Also kube-controller-manager: ReplicaSets, garbage collection, namespaces that end, default service accounts. @default false */
  readonly controllers?: boolean;
  /** Folder of CRDs that are there before the controllers begin: of those that come later garbage collection learns every 30 s. */
  readonly crds?: string;
  /** The API server writes every request to `auditLog`, one JSON object a line. @default false */
  readonly audit?: boolean;
  /** Further flags of kube-apiserver. */
  readonly apiServerFlags?: readonly string[];
  /** Further flags of kube-controller-manager. */
  readonly managerFlags?: readonly string[];
}

export interface ControlPlane extends AsyncDisposable {
  readonly url: string;
  /** PEM of the authority that signed the API server's certificate. */
  readonly ca: string;
  /** What the API server serves with, for a proxy that stands in for it on 127.0.0.1. */
  readonly certificate: { readonly cert: string; readonly key: string };
  /** Token of a member of system:masters. */
  readonly adminToken: string;
  /** File with the administrator's configuration. */
  readonly kubeconfig: string;
  /** File of audit events, when asked for. */
  readonly auditLog: string;
  readonly apiServer: Daemon;
  readonly etcd: Daemon;
  /** How to reach it as the administrator, or with another token, or at another place. */
  config(as?: { readonly token?: string; readonly url?: string }): KubeConfig;
  kubectl(...args: string[]): Promise<string>;
  /** Server-side applies files or folders, and waits until CRDs among them are served. */
  apply(...paths: string[]): Promise<void>;
  /** Waits until CRDs (`crd/NAME`) are served. */
  served(...crds: string[]): Promise<void>;
  /** A new namespace of a name that starts with `prefix`. */
  namespace(prefix?: string): Promise<string>;
  /** Token of a service account, which is made when it is missing. */
  serviceAccountToken(namespace: string, name: string): Promise<string>;
  /** Has etcd forget all but the present. @returns the revision up to which it has forgotten */
  compact(): Promise<number>;
}

/** Resolves when the API server is ready. */
export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const bin = await binaries(options.controllers === true);
  const folder = await mkdtemp(join(tmpdir(), "troupe-control-plane-"));
  const [etcdPort = 0, peerPort = 0, apiPort = 0, managerPort = 0] = await freePorts(4);
  const etcdUrl = `http://127.0.0.1:${etcdPort}`;
  const url = `https://127.0.0.1:${apiPort}`;
  const adminToken = randomBytes(16).toString("hex");
  await writeFiles(folder, adminToken);
  const daemons = {
    etcd: new Daemon({ command: join(bin, "etcd"), args: etcdArgs(folder, etcdUrl, `http://127.0.0.1:${peerPort}`) }),
    apiServer: new Daemon({
      command: join(bin, "kube-apiserver"),
      args: apiServerArgs({ folder, etcdUrl, port: apiPort, options }),
      isReady: () => isHealthy(`${url}/readyz`, join(folder, "pki/apiserver.crt")),
    }),
    manager: new Daemon({
      command: join(bin, "kube-controller-manager"),
      args: [...managerArgs(folder, managerPort), ...(options.managerFlags ?? [])],
    }),
  };
  const stop = async (): Promise<void> => {
    for (const daemon of [daemons.manager, daemons.apiServer, daemons.etcd]) await daemon.kill();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await daemons.etcd.start();
    await daemons.apiServer.start();
    const plane = await describe({ folder, url, etcdUrl, adminToken, bin, stop, ...daemons });
    await writeFile(plane.kubeconfig, plane.config().exportConfig());
    if (options.crds !== undefined) await plane.apply(options.crds);
    if (options.controllers === true) await daemons.manager.start();
    return plane;
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Where the binaries are; builds those that are missing. */
async function binaries(controllers: boolean): Promise<string> {
  const wanted = ["etcd", "kube-apiserver", "kubectl", ...(controllers ? ["kube-controller-manager"] : [])];
  const assets = process.env["KUBEBUILDER_ASSETS"];
  if (assets === undefined || assets === "") {
    const { stdout } = await run(join(ROOT, "hack/cluster/build"), wanted);
    return stdout.trim().split("\n").at(-1) ?? "";
  }
  const missing = wanted.filter((name) => !existsSync(join(assets, name)));
  if (missing.length === 0) return assets;
  throw new Error(`KUBEBUILDER_ASSETS (${assets}) lacks ${missing.join(", ")}; unset it to have them built`);
}

async function writeFiles(folder: string, adminToken: string): Promise<void> {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs1", format: "pem" },
  });
  await mkdir(join(folder, "pki"));
  await writeFile(join(folder, "pki/sa.pub"), publicKey);
  await writeFile(join(folder, "pki/sa.key"), privateKey);
  await writeFile(join(folder, "tokens.csv"), `${adminToken},admin,admin,system:masters\n`);
  const audit = {
    apiVersion: "audit.k8s.io/v1",
    kind: "Policy",
    omitStages: ["RequestReceived"],
    rules: [{ level: "Metadata" }],
  };
  await writeFile(join(folder, "audit-policy.yaml"), JSON.stringify(audit));
}

function etcdArgs(folder: string, url: string, peer: string): string[] {
  return [
    `--data-dir=${join(folder, "etcd")}`,
    `--listen-client-urls=${url}`,
    `--advertise-client-urls=${url}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=default=${peer}`,
    // A test ends with its data; a killed process loses nothing that the kernel has taken.
    "--unsafe-no-fsync",
  ];
}

function apiServerArgs(from: {
  readonly folder: string;
  readonly etcdUrl: string;
  readonly port: number;
  readonly options: ControlPlaneOptions;
}): string[] {
  const { folder, options } = from;
  return [
    `--etcd-servers=${from.etcdUrl}`,
    "--bind-address=127.0.0.1",
    "--advertise-address=127.0.0.1",
    `--secure-port=${from.port}`,
    // It makes its own certificate here, and finds it again when it is restarted.
    `--cert-dir=${join(folder, "pki")}`,
    `--token-auth-file=${join(folder, "tokens.csv")}`,
    `--service-account-key-file=${join(folder, "pki/sa.pub")}`,
    `--service-account-signing-key-file=${join(folder, "pki/sa.key")}`,
    "--service-account-issuer=https://kubernetes.default.svc",
    "--service-cluster-ip-range=10.96.0.0/16",
    "--authorization-mode=RBAC",
    "--allow-privileged=true",
    "--endpoint-reconciler-type=none",
    // Compaction is the tests' business.
    "--etcd-compaction-interval=0",
    // Without controllers nobody makes the service account that pods would be refused without.
    ...(options.controllers === true ? [] : ["--disable-admission-plugins=ServiceAccount"]),
    ...(options.audit === true
      ? [`--audit-log-path=${join(folder, "audit.log")}`, `--audit-policy-file=${join(folder, "audit-policy.yaml")}`]
      : []),
    ...(options.apiServerFlags ?? []),
  ];
}

function managerArgs(folder: string, port: number): string[] {
  return [
    `--kubeconfig=${join(folder, "admin.conf")}`,
    `--service-account-private-key-file=${join(folder, "pki/sa.key")}`,
    `--root-ca-file=${join(folder, "pki/apiserver.crt")}`,
    "--use-service-account-credentials",
    "--controllers=*,-nodeipam",
    "--leader-elect=false",
    "--bind-address=127.0.0.1",
    `--secure-port=${port}`,
    `--cert-dir=${join(folder, "manager-pki")}`,
  ];
}

async function isHealthy(url: string, certificate: string): Promise<boolean> {
  if (!existsSync(certificate)) return false;
  const ca = await readFile(certificate, "utf8");
  return new Promise((done) => {
    const request = get(url, { ca, agent: false, timeout: 2_000 }, (response) => {
      response.resume();
      done(response.statusCode === 200);
    });
    request.on("timeout", () => request.destroy());
    request.on("error", () => {
      done(false);
    });
  });
}

type Kubectl = (...args: string[]) => Promise<string>;

/**
 * That a CRD is established is written a moment after the CRD was taken (`kubectl wait` fails before), and that it is served comes another
 * moment later: so it is asked for what is served.
 */
async function served(kubectl: Kubectl, crds: readonly string[]): Promise<void> {
  if (crds.length === 0) return;
  const columns = "custom-columns=G:.spec.group,V:.spec.versions[0].name,P:.spec.names.plural";
  const lines = (await kubectl("get", ...crds, "--no-headers", "-o", columns)).trim().split("\n");
  for (const line of lines) {
    const path = `/apis/${line.trim().split(/\s+/).join("/")}`;
    await eventually(`${path} is served`, async () => isAnswered(kubectl("get", "--raw", path)));
  }
}

async function isAnswered(asked: Promise<unknown>): Promise<boolean> {
  try {
    await asked;
    return true;
  } catch (error) {
    if (/NotFound|ServiceUnavailable/.test(String(error))) return false;
    throw error;
  }
}

interface Parts {
  readonly folder: string;
  readonly url: string;
  readonly etcdUrl: string;
  readonly adminToken: string;
  readonly bin: string;
  readonly etcd: Daemon;
  readonly apiServer: Daemon;
  readonly stop: () => Promise<void>;
}

async function describe(parts: Parts): Promise<ControlPlane> {
  const { folder, url, adminToken } = parts;
  const certificate = {
    cert: await readFile(join(folder, "pki/apiserver.crt"), "utf8"),
    key: await readFile(join(folder, "pki/apiserver.key"), "utf8"),
  };
  const kubeconfig = join(folder, "admin.conf");
  const kubectl: Kubectl = async (...args) => {
    const env = { ...process.env, HOME: folder, KUBECONFIG: kubeconfig };
    const { stdout } = await run(join(parts.bin, "kubectl"), args, { env, maxBuffer: 1 << 28 });
    return stdout;
  };
  return {
    url,
    ca: certificate.cert,
    certificate,
    adminToken,
    kubeconfig,
    auditLog: join(folder, "audit.log"),
    apiServer: parts.apiServer,
    etcd: parts.etcd,
    config: (as = {}) => configFor(as.url ?? url, certificate.cert, as.token ?? adminToken),
    kubectl,
    apply: async (...paths) => {
      const files = paths.flatMap((path) => ["-f", path]);
      await kubectl("apply", "--server-side", "--recursive", ...files);
      const kinds = await kubectl("get", ...files, "--recursive", "-o", "name");
      const crds = kinds.split("\n").filter((name) => name.startsWith("customresourcedefinition"));
      await served(kubectl, crds);
    },
    served: async (...crds) => served(kubectl, crds),
    namespace: async (prefix = "test") => {
      const name = `${prefix}-${randomBytes(4).toString("hex")}`;
      await kubectl("create", "namespace", name);
      return name;
    },
    serviceAccountToken: async (namespace, name) => {
      await kubectl("create", "serviceaccount", name, "-n", namespace).catch((error: unknown) => {
        if (!String(error).includes("AlreadyExists")) throw error;
      });
      return (await kubectl("create", "token", name, "-n", namespace)).trim();
    },
    compact: () => compact(parts.etcdUrl),
    [Symbol.asyncDispose]: parts.stop,
  };
}

function configFor(url: string, ca: string, token: string): KubeConfig {
  const config = new KubeConfig();
  config.loadFromClusterAndUser(
    { name: "control-plane", server: url, caData: Buffer.from(ca).toString("base64"), skipTLSVerify: false },
    { name: "user", token },
  );
  return config;
}

async function compact(etcdUrl: string): Promise<number> {
  const post = async (path: string, body: object): Promise<unknown> => {
    const response = await fetch(`${etcdUrl}${path}`, { method: "POST", body: JSON.stringify(body) });
    const text = await response.text();
    if (!response.ok) throw new Error(`etcd ${path}: ${response.status} ${text}`);
    return JSON.parse(text);
  };
  const status = await post("/v3/maintenance/status", {});
  const found = /"revision":"(\d+)"/.exec(JSON.stringify(status));
  if (found?.[1] === undefined) throw new Error(`etcd says no revision: ${JSON.stringify(status)}`);
  await post("/v3/kv/compaction", { revision: found[1], physical: true });
  return Number(found[1]);
}
