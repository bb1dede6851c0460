/** A group's NATS credentials: a Secret that its pods mount. Made when there is none, when it no longer says what it should, or somebody edited it. */
import { inboxOf, type Scope } from "@troupe/protocol";
import {
  CREDENTIALS_FILE,
  credentialsFingerprint,
  FINGERPRINT_ANNOTATION,
  freeGroupPermissions,
  groupPermissions,
  newCredentials,
  type GroupCredentials,
} from "../credentials/index.ts";
import { ownerReference, type Child, type Owner } from "../children/child.ts";
import { credentialsHash, MADE_CONTENT_ANNOTATION, SEEN_CONTENT_ANNOTATION } from "../children/credentials-hash.ts";
import { credentialsSecretName } from "../children/credentials-name.ts";
import { groupLabels, MANAGED_BY } from "../children/labels.ts";
import { hash8, type GroupName } from "../children/names.ts";
import { textAt } from "../children/read.ts";
import type { Clock } from "../context.ts";

export interface CredentialsQuestion {
  readonly credentials: GroupCredentials;
  readonly scope: Scope;
  readonly name: GroupName & { readonly namespace: string };
  readonly owner: Owner;
  /** The Secret as it is; undefined: there is none. */
  readonly observed: unknown;
  readonly clock: Clock;
}

/** What tells one making of a Secret from another that was made for the same: its content differs every time. */
export function credentialsIdentity({ metadata }: Child): string {
  return metadata.annotations?.[FINGERPRINT_ANNOTATION] ?? "";
}

/** @returns null when nothing has to be written. */
export function dueCredentials(question: CredentialsQuestion): Child | null {
  const { credentials, observed } = question;
  if (credentials.kind === "none") return null;
  const due = fingerprintOf(question);
  const isOurs = textAt(observed, "metadata", "ownerReferences", 0, "uid") === question.owner.uid;
  const annotation = (name: string): string => textAt(observed, "metadata", "annotations", name);
  const isWhole = annotation(MADE_CONTENT_ANNOTATION) === annotation(SEEN_CONTENT_ANNOTATION);
  if (isOurs && isWhole && annotation(FINGERPRINT_ANNOTATION) === due) return null;
  return secret(question, due, contentOf(question));
}

function userOf({ scope, name }: CredentialsQuestion): {
  name: string;
  permissions: ReturnType<typeof groupPermissions>;
} {
  const permissions = name.pipeline === null ? freeGroupPermissions(scope) : groupPermissions(scope, name.group);
  return { name: inboxOf(scope, name.group), permissions };
}

function fingerprintOf(question: CredentialsQuestion): string {
  const { credentials } = question;
  if (credentials.kind !== "minted") return credentials.kind === "shared" ? hash8(credentials.creds) : "";
  const { name, permissions } = userOf(question);
  return credentialsFingerprint(credentials.signer, name, permissions);
}

function contentOf(question: CredentialsQuestion): string {
  const { credentials, clock } = question;
  if (credentials.kind !== "minted") return credentials.kind === "shared" ? credentials.creds : "";
  const chance = { random: clock.random(), issuedAt: Math.floor(clock.nowMs() / 1000) };
  return newCredentials(credentials.signer, userOf(question), chance).creds;
}

function secret({ name, owner }: CredentialsQuestion, fingerprint: string, creds: string): Child {
  const data = { [CREDENTIALS_FILE]: Buffer.from(creds).toString("base64") };
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: {
      name: credentialsSecretName(name),
      namespace: name.namespace,
      labels: { ...MANAGED_BY, ...groupLabels(name) },
      annotations: { [FINGERPRINT_ANNOTATION]: fingerprint, [MADE_CONTENT_ANNOTATION]: credentialsHash(data) },
      ownerReferences: [ownerReference(owner)],
    },
    type: "Opaque",
    data,
  };
}
