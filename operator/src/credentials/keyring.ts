/**
 * The keys of the bundled NATS, made once. From them follows everything that the server has to know, so it is never told anything again:
 * a user that is made later is vouched for by the signing key.
 */
import { accountToken, operatorToken } from "./jwt.ts";
import { keyOfSeed, newSeed } from "./nkey.ts";

export interface Keyring {
  readonly operatorSeed: string;
  readonly systemSeed: string;
  readonly accountSeed: string;
  /** Signs users of the account. The only key that is needed again. */
  readonly signingSeed: string;
  /** Unix seconds. */
  readonly createdAt: number;
}

/** @param random gives 32 bytes that nobody can guess, others at every call */
export function newKeyring(random: () => Uint8Array, createdAt: number): Keyring {
  return {
    operatorSeed: newSeed("operator", random()),
    systemSeed: newSeed("account", random()),
    accountSeed: newSeed("account", random()),
    signingSeed: newSeed("account", random()),
    createdAt,
  };
}

/** Who may sign for the account: all that is needed to make users. */
export interface Signer {
  /** Public key of the account. */
  readonly account: string;
  readonly signingSeed: string;
}

export function signerOf({ accountSeed, signingSeed }: Keyring): Signer {
  return { account: keyOfSeed(accountSeed).publicKey, signingSeed };
}

/** The part of nats-server's configuration that says whom it trusts. The same keyring has the same one, byte by byte. */
export function serverTrust(keyring: Keyring): string {
  const operator = keyOfSeed(keyring.operatorSeed);
  const system = keyOfSeed(keyring.systemSeed).publicKey;
  const account = keyOfSeed(keyring.accountSeed).publicKey;
  const signingKeys = [keyOfSeed(keyring.signingSeed).publicKey];
  const issuedAt = keyring.createdAt;
  const troupe = accountToken(operator, { name: "troupe", account, signingKeys, jetStream: true, issuedAt });
  const sys = accountToken(operator, { name: "SYS", account: system, signingKeys: [], jetStream: false, issuedAt });
  return [
    `operator: ${operatorToken(operator, { name: "troupe", systemAccount: system, issuedAt })}`,
    `system_account: ${system}`,
    "resolver: MEMORY",
    "resolver_preload: {",
    `  ${account}: ${troupe}`,
    `  ${system}: ${sys}`,
    "}",
    "",
  ].join("\n");
}
