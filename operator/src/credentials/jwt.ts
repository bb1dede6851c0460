/** The JSON web tokens of NATS's operator mode (version 2): an operator vouches for an account, and the account for its users. */
import { createHash } from "node:crypto";
import { encodeBase32 } from "./base32.ts";
import type { SigningKey } from "./nkey.ts";
import type { Permissions } from "./permissions.ts";

/** Unlimited, in NATS's words. */
const NO_LIMIT = -1;

const encoder = new TextEncoder();

export interface TokenNames {
  /** For people, and for the server's monitoring. */
  readonly name: string;
  /** Unix seconds. The same second makes the same token, byte by byte. */
  readonly issuedAt: number;
}

/** The operator's own token: it is signed by itself. */
export function operatorToken(
  operator: SigningKey,
  { systemAccount, ...names }: TokenNames & { systemAccount: string },
): string {
  return token(operator, operator.publicKey, names, {
    type: "operator",
    version: 2,
    system_account: systemAccount,
  });
}

export interface AccountSettings extends TokenNames {
  readonly account: string;
  /** Public keys that may sign users in the account's stead. */
  readonly signingKeys: readonly string[];
  readonly jetStream: boolean;
}

export function accountToken(operator: SigningKey, settings: AccountSettings): string {
  const storage = settings.jetStream ? NO_LIMIT : 0;
  return token(operator, settings.account, settings, {
    type: "account",
    version: 2,
    signing_keys: settings.signingKeys,
    limits: {
      subs: NO_LIMIT,
      data: NO_LIMIT,
      payload: NO_LIMIT,
      imports: NO_LIMIT,
      exports: NO_LIMIT,
      wildcards: true,
      conn: NO_LIMIT,
      leaf: NO_LIMIT,
      mem_storage: storage,
      disk_storage: storage,
      streams: NO_LIMIT,
      consumer: NO_LIMIT,
    },
    default_permissions: {},
  });
}

export interface UserSettings extends TokenNames {
  readonly user: string;
  readonly account: string;
  readonly permissions: Permissions;
}

/** @param signer the account's key, or one of its signing keys */
export function userToken(signer: SigningKey, { user, account, permissions, ...names }: UserSettings): string {
  return token(signer, user, names, {
    type: "user",
    version: 2,
    ...(signer.publicKey === account ? {} : { issuer_account: account }),
    pub: { allow: permissions.publish },
    sub: { allow: permissions.subscribe },
    subs: NO_LIMIT,
    data: NO_LIMIT,
    payload: NO_LIMIT,
  });
}

/** What a client reads as its credentials file. */
export function credentialsFile(jwt: string, seed: string): string {
  return [
    "-----BEGIN NATS USER JWT-----",
    jwt,
    "------END NATS USER JWT------",
    "",
    "-----BEGIN USER NKEY SEED-----",
    seed,
    "------END USER NKEY SEED------",
    "",
  ].join("\n");
}

function token(
  signer: SigningKey,
  subject: string,
  names: TokenNames,
  nats: Readonly<Record<string, unknown>>,
): string {
  const claims = { iat: names.issuedAt, iss: signer.publicKey, name: names.name, sub: subject, nats };
  const jti = encodeBase32(createHash("sha256").update(JSON.stringify(claims)).digest());
  const body = `${base64url({ typ: "JWT", alg: "ed25519-nkey" })}.${base64url({ jti, ...claims })}`;
  return `${body}.${Buffer.from(signer.sign(encoder.encode(body))).toString("base64url")}`;
}

function base64url(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}
