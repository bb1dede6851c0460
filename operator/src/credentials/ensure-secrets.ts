/** The Secrets of the bundled NATS, in the namespace of the installation: keys made once, and what follows from them. */
import { newKeyring, serverTrust, signerOf, type Keyring, type Signer } from "./keyring.ts";
import { clientPermissions, COORDINATOR_PERMISSIONS, type Permissions } from "./permissions.ts";
import { credentialsFingerprint, newCredentials } from "./user-credentials.ts";

/** A Secret, its values as text. */
export interface SecretText {
  readonly data: Readonly<Record<string, string>>;
  /** What the data was made for; absent: it is never made anew. */
  readonly fingerprint?: string | undefined;
}

/** The Secrets of one namespace. */
export interface SecretStore {
  /** Undefined when there is none. */
  read(name: string): Promise<SecretText | undefined>;
  /** @returns false when there is one already. */
  create(name: string, secret: SecretText): Promise<boolean>;
  /** Makes it, or replaces its data. */
  write(name: string, secret: SecretText): Promise<void>;
}

export interface Chance {
  /** 32 bytes that nobody can guess, others at every call. */
  readonly random: () => Uint8Array;
  /** Unix seconds. */
  readonly nowS: number;
}

/** The file of a Secret that holds a user's credentials. */
export const CREDENTIALS_FILE = "user.creds";
/** The file of a Secret that says whom nats-server trusts. */
export const TRUST_FILE = "trust.conf";

/** Names of the Secrets of an installation whose names begin with `prefix`. */
export function secretNames(prefix: string): Readonly<Record<"keys" | "server" | "coordinator" | "client", string>> {
  return {
    keys: `${prefix}-keys`,
    server: `${prefix}-server`,
    coordinator: `${prefix}-coordinator`,
    client: `${prefix}-client`,
  };
}

/**
 * Idempotent, and safe to run several times at once: whoever creates the keys first has made them, and all else follows from them.
 * @returns who may sign for the account
 * @throws {Error} when the Secret of the keys is there but not whole
 */
export async function ensureSecrets(store: SecretStore, prefix: string, chance: Chance): Promise<Signer> {
  const names = secretNames(prefix);
  const keyring = await ensureKeyring(store, names.keys, chance);
  const signer = signerOf(keyring);
  const trust = serverTrust(keyring);
  if ((await store.read(names.server))?.data[TRUST_FILE] !== trust)
    await store.write(names.server, { data: { [TRUST_FILE]: trust } });
  await ensureUser(
    store,
    { signer, chance },
    { secret: names.coordinator, name: "coordinator", permissions: COORDINATOR_PERMISSIONS },
  );
  await ensureUser(
    store,
    { signer, chance },
    { secret: names.client, name: "client", permissions: clientPermissions() },
  );
  return signer;
}

async function ensureKeyring(store: SecretStore, name: string, { random, nowS }: Chance): Promise<Keyring> {
  const known = await store.read(name);
  if (known !== undefined) return keyringOf(name, known);
  const made = newKeyring(random, nowS);
  if (await store.create(name, { data: textOf(made) })) return made;
  const other = await store.read(name);
  if (other === undefined) throw new Error(`Secret ${name} was there and is gone again; nothing was made`);
  return keyringOf(name, other);
}

async function ensureUser(
  store: SecretStore,
  { signer, chance }: { readonly signer: Signer; readonly chance: Chance },
  user: { readonly secret: string; readonly name: string; readonly permissions: Permissions },
): Promise<void> {
  const known = await store.read(user.secret);
  const due = credentialsFingerprint(signer, user.name, user.permissions);
  if (known?.fingerprint === due && known.data[CREDENTIALS_FILE] !== undefined) return;
  const { creds, fingerprint } = newCredentials(signer, user, { random: chance.random(), issuedAt: chance.nowS });
  await store.write(user.secret, { data: { [CREDENTIALS_FILE]: creds }, fingerprint });
}

function textOf(keyring: Keyring): Record<string, string> {
  return {
    "operator.seed": keyring.operatorSeed,
    "system.seed": keyring.systemSeed,
    "account.seed": keyring.accountSeed,
    "signing.seed": keyring.signingSeed,
    "created-at": String(keyring.createdAt),
  };
}

function keyringOf(name: string, { data }: SecretText): Keyring {
  const value = (key: string): string => {
    const text = data[key];
    if (text === undefined || text === "")
      throw new Error(
        `Secret ${name} has no ${key}. Restore it from a backup; or delete the Secret, so that new keys are made, and restart nats-server, coordinators and groups`,
      );
    return text;
  };
  return {
    operatorSeed: value("operator.seed"),
    systemSeed: value("system.seed"),
    accountSeed: value("account.seed"),
    signingSeed: value("signing.seed"),
    createdAt: Number(value("created-at")),
  };
}
