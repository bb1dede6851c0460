/** A nats-server that asks for credentials, as the chart's does: it trusts one operator, and is never told anything again. */
import { connectBus, type Bus } from "@troupe/protocol";
import { findNatsServer } from "@troupe/local";
import { randomBytes } from "node:crypto";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import {
  newCredentials,
  newKeyring,
  serverTrust,
  signerOf,
  type Permissions,
  type Signer,
} from "../../operator/src/credentials/index.ts";
import { eventually } from "./eventually.ts";

export class SecureNats implements AsyncDisposable {
  readonly url: string;
  readonly #folder: string;
  readonly #server: ChildProcess;
  readonly #signer: Signer;

  private constructor(parts: { url: string; folder: string; server: ChildProcess; signer: Signer }) {
    this.url = parts.url;
    this.#folder = parts.folder;
    this.#server = parts.server;
    this.#signer = parts.signer;
  }

  static async start(): Promise<SecureNats> {
    const folder = await mkdtemp(join(tmpdir(), "troupe-test-"));
    const keyring = newKeyring(() => randomBytes(32), nowS());
    const store = `jetstream { store_dir: ${JSON.stringify(join(folder, "store"))}, sync_interval: always }`;
    const settings = [
      `listen: "127.0.0.1:-1"`,
      `ports_file_dir: ${JSON.stringify(folder)}`,
      store,
      serverTrust(keyring),
    ];
    await writeFile(join(folder, "nats.conf"), settings.join("\n"));
    const binary = findNatsServer({ root: resolve(import.meta.dirname, "../.."), env: process.env });
    const server = spawn(binary, ["-c", join(folder, "nats.conf")], { stdio: ["ignore", "ignore", "pipe"] });
    let said = "";
    server.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
    const ports = join(folder, `nats-server_${server.pid ?? 0}.ports`);
    let url: string | undefined;
    try {
      await eventually("nats-server listens", async () => {
        if (server.exitCode !== null) throw new Error(`nats-server ended: ${said}`);
        // Not there yet, or half written: it is read again.
        url = await readFile(ports, "utf8")
          .then(firstUrl)
          .catch(() => undefined);
        return url !== undefined;
      });
    } catch (error) {
      // A child that stays keeps the test's process from ending.
      server.kill("SIGKILL");
      throw error;
    }
    return new SecureNats({ url: url!, folder, server, signer: signerOf(keyring) });
  }

  /** The path of a credentials file that is made now. */
  async credentials(name: string, permissions: Permissions): Promise<string> {
    const path = join(this.#folder, `${name}.creds`);
    const made = { random: randomBytes(32), issuedAt: nowS() };
    await writeFile(path, newCredentials(this.#signer, { name, permissions }, made).creds, { mode: 0o600 });
    return path;
  }

  async connect(name: string, permissions: Permissions, inboxPrefix?: string): Promise<Bus> {
    const creds = await this.credentials(name, permissions);
    return connectBus({ url: this.url, name, creds, ...(inboxPrefix === undefined ? {} : { inboxPrefix }) });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#server.exitCode === null) {
      this.#server.kill("SIGKILL");
      await once(this.#server, "exit");
    }
    await rm(this.#folder, { recursive: true, force: true });
  }
}

function nowS(): number {
  return Math.floor(Date.now() / 1000);
}

function firstUrl(text: string): string | undefined {
  const ports = JSON.parse(text) as { readonly nats?: readonly string[] };
  return ports.nats?.[0];
}
