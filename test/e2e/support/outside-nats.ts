/** A NATS that belongs to nobody's release: with a certificate of an authority of its own, and accounts of its own operator. */
import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { newCredentials, newKeyring, serverTrust, signerOf } from "../../../operator/src/credentials/index.ts";
import type { Cluster } from "./cluster.ts";
import { Door, NATS_IMAGE, restrictedNamespace, SYSTEM } from "./installation.ts";
import { output } from "./run.ts";

const NAMESPACE = "outside";
const HOST = `nats.${NAMESPACE}.svc`;
/** The Secrets that the values of the chart name. */
export const CREDENTIALS = "troupe-nats";
export const CA = "troupe-nats-ca";

const EVERYTHING = { publish: [">"], subscribe: [">"] };

export class OutsideNats {
  readonly url = `tls://${HOST}:4222`;
  readonly monitorUrl = `http://${HOST}:8222`;
  readonly #cluster: Cluster;
  readonly #entries: Readonly<Record<string, string>>;

  private constructor(cluster: Cluster, entries: Readonly<Record<string, string>>) {
    this.#cluster = cluster;
    this.#entries = entries;
  }

  /** Starts it, and makes the Secrets by which a release may use it. This process trusts its authority from then on. */
  static async start(cluster: Cluster): Promise<OutsideNats> {
    const nowS = Math.floor(Date.now() / 1000);
    const keyring = newKeyring(() => randomBytes(32), nowS);
    const signer = signerOf(keyring);
    const user = { name: "troupe", permissions: EVERYTHING };
    const { creds } = newCredentials(signer, user, { random: randomBytes(32), issuedAt: nowS });
    const certificate = await newCertificate();
    await restrictedNamespace(cluster, NAMESPACE);
    await cluster.apply(NAMESPACE, JSON.stringify(serverOf(serverTrust(keyring), certificate)));
    const entries = { "user.creds": creds, account: signer.account, "signing.seed": signer.signingSeed };
    await cluster.apply(SYSTEM, JSON.stringify(secret(CREDENTIALS, entries)));
    await cluster.apply(SYSTEM, JSON.stringify(secret(CA, { "ca.crt": certificate.ca })));
    setDefaultCACertificates([...getCACertificates("default"), certificate.ca]);
    await cluster.wait(NAMESPACE, "pod/nats", "condition=Ready");
    return new OutsideNats(cluster, entries);
  }

  /** The Secret as somebody has it who may not sign for the account. */
  async withoutSeed(): Promise<void> {
    const { "user.creds": creds = "" } = this.#entries;
    await this.#cluster.kubectl(["replace", "--namespace", SYSTEM, "-f", "-"], {
      input: JSON.stringify(secret(CREDENTIALS, { "user.creds": creds })),
    });
  }

  async door(): Promise<Door> {
    return Door.open(this.#cluster, { namespace: NAMESPACE, service: "nats", scheme: "tls", secret: CREDENTIALS });
  }

  async end(): Promise<void> {
    await this.#cluster.kubectl(["delete", "namespace", NAMESPACE, "--wait=false"]);
  }
}

interface Certificate {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** Of an authority that is made for it: also for this machine's end of a tunnel. */
async function newCertificate(): Promise<Certificate> {
  const folder = await mkdtemp(join(tmpdir(), "troupe-e2e-tls-"));
  const script = `
cd "$1"
openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.crt -subj /CN=outside-ca -days 2
openssl req -newkey rsa:2048 -nodes -keyout tls.key -out tls.csr -subj /CN=nats
printf 'subjectAltName=DNS:%s,DNS:localhost,IP:127.0.0.1' "$2" >extensions
openssl x509 -req -in tls.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -out tls.crt -extfile extensions`;
  await output(["sh", "-ec", script, "certificate", folder, HOST]);
  const read = async (name: string): Promise<string> => readFile(join(folder, name), "utf8");
  const made = { ca: await read("ca.crt"), cert: await read("tls.crt"), key: await read("tls.key") };
  await rm(folder, { recursive: true });
  return made;
}

function secret(name: string, stringData: Readonly<Record<string, string>>): object {
  return { apiVersion: "v1", kind: "Secret", metadata: { name }, stringData };
}

function serverOf(trust: string, { cert, key }: Certificate): object {
  const config = [
    "port: 4222",
    "http_port: 8222",
    `jetstream { store_dir: "/data", sync_interval: always }`,
    `tls { cert_file: "/etc/nats/tls.crt", key_file: "/etc/nats/tls.key" }`,
    trust,
  ].join("\n");
  const security = { runAsNonRoot: true, runAsUser: 65532, fsGroup: 65532, seccompProfile: { type: "RuntimeDefault" } };
  const container = {
    name: "nats",
    image: NATS_IMAGE,
    args: ["--config", "/etc/nats/nats.conf"],
    securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
    readinessProbe: { httpGet: { path: "/healthz", port: 8222 }, periodSeconds: 1 },
    volumeMounts: [
      { name: "config", mountPath: "/etc/nats" },
      { name: "data", mountPath: "/data" },
    ],
  };
  const volumes = [
    { name: "config", secret: { secretName: "nats" } },
    { name: "data", emptyDir: {} },
  ];
  return {
    apiVersion: "v1",
    kind: "List",
    items: [
      secret("nats", { "nats.conf": config, "tls.crt": cert, "tls.key": key }),
      {
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name: "nats", labels: { app: "nats" } },
        spec: { automountServiceAccountToken: false, securityContext: security, containers: [container], volumes },
      },
      {
        apiVersion: "v1",
        kind: "Service",
        metadata: { name: "nats" },
        spec: {
          selector: { app: "nats" },
          ports: [
            { name: "nats", port: 4222 },
            { name: "monitor", port: 8222 },
          ],
        },
      },
    ],
  };
}
