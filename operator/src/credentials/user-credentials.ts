/** Credentials of one user: made when there are none yet, or when they no longer say what they should; else left as they are. */
import { createHash } from "node:crypto";
import { credentialsFile, userToken } from "./jwt.ts";
import type { Signer } from "./keyring.ts";
import { keyOfSeed, newSeed } from "./nkey.ts";
import type { Permissions } from "./permissions.ts";

export interface UserCredentials {
  /** The credentials file. A secret. */
  readonly creds: string;
  /** What the file was made for. Kept beside it (an annotation), it tells when another is due. */
  readonly fingerprint: string;
}

/** Names what credentials are made for: who signs, for whom, and what it may do. Holds no secret. */
export function credentialsFingerprint(signer: Signer, name: string, permissions: Permissions): string {
  const key = keyOfSeed(signer.signingSeed).publicKey;
  return createHash("sha256")
    .update(JSON.stringify([signer.account, key, name, permissions]))
    .digest("hex")
    .slice(0, 16);
}

/**
 * New credentials for a user. A token, once signed, is good until the keys are changed: it has no end of its own, for an agent reads its file
 * once.
 * @param random 32 bytes that nobody can guess
 * @param issuedAt Unix seconds
 */
export function newCredentials(
  signer: Signer,
  user: { readonly name: string; readonly permissions: Permissions },
  { random, issuedAt }: { readonly random: Uint8Array; readonly issuedAt: number },
): UserCredentials {
  const { name, permissions } = user;
  const seed = newSeed("user", random);
  const jwt = userToken(keyOfSeed(signer.signingSeed), {
    name,
    issuedAt,
    user: keyOfSeed(seed).publicKey,
    account: signer.account,
    permissions,
  });
  return { creds: credentialsFile(jwt, seed), fingerprint: credentialsFingerprint(signer, name, permissions) };
}
