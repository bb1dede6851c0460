export { keyOfSeed, newSeed, isAccountKey, KeyError, type KeyKind, type SigningKey } from "./nkey.ts";
export { newKeyring, serverTrust, signerOf, type Keyring, type Signer } from "./keyring.ts";
export {
  clientPermissions,
  COORDINATOR_PERMISSIONS,
  freeGroupPermissions,
  groupPermissions,
  OPERATOR_PERMISSIONS,
  type Permissions,
} from "./permissions.ts";
export { credentialsFingerprint, newCredentials, type UserCredentials } from "./user-credentials.ts";
export { groupCredentialsOf, type GroupCredentials } from "./credentials-folder.ts";
export { CREDENTIALS_FILE } from "./ensure-secrets.ts";
export { FINGERPRINT_ANNOTATION } from "./secret-store.ts";
