/**
 * Where the operator finds its NATS credentials: a folder with `user.creds` (its own) and, when it may make users, `account` (the account's
 * public key) and `signing.seed`. With the bundled NATS an init container writes it; else it is a Secret of the user's.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { CREDENTIALS_FILE } from "./ensure-secrets.ts";
import type { Signer } from "./keyring.ts";
import { isAccountKey, KeyError, keyOfSeed } from "./nkey.ts";

export const ACCOUNT_FILE = "account";
export const SIGNING_SEED_FILE = "signing.seed";

/** How groups get their credentials. */
export type GroupCredentials =
  /** Each group has a user of its own. */
  | { readonly kind: "minted"; readonly signer: Signer }
  /** All share one, whose file's content this is, to the byte: nothing keeps them apart. */
  | { readonly kind: "shared"; readonly creds: string }
  /** NATS asks for none. */
  | { readonly kind: "none" };

/** @throws {KeyError} when a file holds something else than it should, naming the file */
export function groupCredentialsOf(folder: string | undefined): GroupCredentials {
  if (folder === undefined) return { kind: "none" };
  const account = textOf(join(folder, ACCOUNT_FILE))?.trim();
  const signingSeed = textOf(join(folder, SIGNING_SEED_FILE))?.trim();
  if (account !== undefined && signingSeed !== undefined)
    return { kind: "minted", signer: checked(folder, { account, signingSeed }) };
  const creds = textOf(join(folder, CREDENTIALS_FILE));
  return creds === undefined ? { kind: "none" } : { kind: "shared", creds };
}

function checked(folder: string, signer: Signer): Signer {
  if (!isAccountKey(signer.account))
    throw new KeyError(`${join(folder, ACCOUNT_FILE)} is no public key of a NATS account: those begin with A`);
  if (keyOfSeed(signer.signingSeed).kind !== "account")
    throw new KeyError(`${join(folder, SIGNING_SEED_FILE)} is no seed of a NATS account: those begin with SA`);
  return signer;
}

function textOf(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, "utf8") : undefined;
}
