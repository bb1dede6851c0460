/**
 * Entry of the operator's init container, with the bundled NATS: makes the keys where there are none, and the Secrets that nats-server and
 * coordinators mount; then leaves the operator its own credentials in a folder that the two share.
 */
import { randomBytes } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { KubeConfig } from "@kubernetes/client-node";
import { KubeClient } from "../kube/index.ts";
import { ACCOUNT_FILE, SIGNING_SEED_FILE } from "./credentials-folder.ts";
import { CREDENTIALS_FILE, ensureSecrets } from "./ensure-secrets.ts";
import type { Signer } from "./keyring.ts";
import { OPERATOR_PERMISSIONS } from "./permissions.ts";
import { kubeSecretStore } from "./secret-store.ts";
import { newCredentials } from "./user-credentials.ts";

const chance = { random: () => randomBytes(32), nowS: Math.floor(Date.now() / 1000) };

const config = new KubeConfig();
config.loadFromDefault();
const client = KubeClient.for(config, "troupe-nats-keys");
try {
  const store = kubeSecretStore(client, required("TROUPE_NAMESPACE"), required("TROUPE_INSTALLATION"));
  leave(required("TROUPE_NATS_CREDENTIALS"), await ensureSecrets(store, required("TROUPE_NATS_SECRETS"), chance));
} finally {
  client.close();
}

function leave(folder: string, signer: Signer): void {
  const user = { name: "operator", permissions: OPERATOR_PERMISSIONS };
  const { creds } = newCredentials(signer, user, { random: chance.random(), issuedAt: chance.nowS });
  mkdirSync(folder, { recursive: true });
  for (const [file, text] of [
    [CREDENTIALS_FILE, creds],
    [ACCOUNT_FILE, signer.account],
    [SIGNING_SEED_FILE, signer.signingSeed],
  ] as const)
    writeFileSync(join(folder, file), text, { mode: 0o440 });
}

function required(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === "") throw new Error(`${name} is not set: the chart sets it for this container`);
  return value;
}
