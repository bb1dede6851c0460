import test from "ava";
import { decodeBase32, encodeBase32 } from "./base32.ts";
import { KeyError, keyOfSeed, newSeed, type KeyKind } from "./nkey.ts";
import { newKeyring, serverTrust, signerOf } from "./keyring.ts";
import { groupPermissions } from "./permissions.ts";
import { credentialsFingerprint, newCredentials } from "./user-credentials.ts";

const bytesOf = (seed: number): Uint8Array => Uint8Array.from({ length: 32 }, (_, index) => (seed * 31 + index) & 0xff);
const KEYRING = newKeyring(
  (
    (next) => () =>
      bytesOf(next++)
  )(1),
  1_700_000_000,
);
const SCOPE = { namespace: "team", pipeline: "film", uid: "u1" };

test("base32 brings back what it was given, whatever the length", (t) => {
  for (let length = 0; length < 40; length++) {
    const bytes = bytesOf(length).subarray(0, Math.min(length, 32));
    t.deepEqual(decodeBase32(encodeBase32(bytes)), bytes);
  }
  t.is(decodeBase32("a1"), undefined);
});

test("a key is the one that NATS's own library makes of the same 32 bytes", (t) => {
  const golden: Readonly<Record<KeyKind, readonly [seed: string, key: string]>> = {
    operator: [
      "SOANTWW33TO55X7A4HROHZHF43T6R2PK5PWO33XP6DY7F47U6X3PP6E57A",
      "ODVT5PMQSVDBFPPAJJHP3JATD2BJEE5LZCFM6X4ZCJ2ALW6H372M7KTP",
    ],
    account: [
      "SAANTWW33TO55X7A4HROHZHF43T6R2PK5PWO33XP6DY7F47U6X3PP6GRRI",
      "ADVT5PMQSVDBFPPAJJHP3JATD2BJEE5LZCFM6X4ZCJ2ALW6H372M747J",
    ],
    user: [
      "SUANTWW33TO55X7A4HROHZHF43T6R2PK5PWO33XP6DY7F47U6X3PP6BCIY",
      "UDVT5PMQSVDBFPPAJJHP3JATD2BJEE5LZCFM6X4ZCJ2ALW6H372M6YMW",
    ],
  };
  for (const kind of ["operator", "account", "user"] as const) {
    const seed = newSeed(kind, bytesOf(7));
    t.deepEqual([seed, keyOfSeed(seed).publicKey], golden[kind]);
    t.is(keyOfSeed(seed).kind, kind);
  }
});

test("a seed with a changed character is refused, and not repeated", (t) => {
  const seed = newSeed("user", bytesOf(3));
  const changed = seed.replace(/.$/, (last) => (last === "A" ? "B" : "A"));
  for (const text of [changed, "", "SUAA", keyOfSeed(seed).publicKey]) {
    const error = t.throws(() => keyOfSeed(text), { instanceOf: KeyError });
    t.false(text.length > 4 && error.message.includes(text));
  }
});

test("the same keyring tells the server the same, byte by byte", (t) => {
  t.is(serverTrust(KEYRING), serverTrust(structuredClone(KEYRING)));
  t.false(serverTrust(KEYRING).includes(KEYRING.operatorSeed));
  t.false(serverTrust(KEYRING).includes(KEYRING.signingSeed));
});

test("a fingerprint tells when credentials are due: other rights, another name, other keys", (t) => {
  const signer = signerOf(KEYRING);
  const permissions = groupPermissions(SCOPE, "g1");
  const { fingerprint, creds } = newCredentials(
    signer,
    { name: "a", permissions },
    { random: bytesOf(9), issuedAt: 1 },
  );
  t.is(credentialsFingerprint(signer, "a", permissions), fingerprint);
  t.not(credentialsFingerprint(signer, "b", permissions), fingerprint);
  t.not(credentialsFingerprint(signer, "a", groupPermissions(SCOPE, "g2")), fingerprint);
  const other = { ...signer, signingSeed: newSeed("account", bytesOf(99)) };
  t.not(credentialsFingerprint(other, "a", permissions), fingerprint);
  t.regex(creds, /BEGIN NATS USER JWT[^]*BEGIN USER NKEY SEED/);
  t.false(fingerprint.includes("S"));
});
