/** What an operator has asked the API server for, as the API server itself has seen it. */
import { readFile } from "node:fs/promises";
import { usedBy } from "../../support/grants.ts";
import { RELEASE } from "./rights.ts";
import type { World } from "./world.ts";

export interface AuditedWrite {
  readonly verb: string;
  readonly resource: string;
  readonly name: string;
  /** Empty: of the object itself. */
  readonly subresource: string;
  /** Whom the API server took the writer for. */
  readonly user: string;
  /** Whether the API server did it. */
  readonly isDone: boolean;
  /** Unix milliseconds at which the API server got it. */
  readonly receivedMs: number;
}

interface AuditEvent {
  readonly verb: string;
  readonly userAgent?: string;
  readonly user?: { readonly username?: string };
  readonly responseStatus?: { readonly code?: number };
  readonly requestReceivedTimestamp: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly objectRef?: {
    readonly resource: string;
    readonly namespace?: string;
    readonly name?: string;
    readonly subresource?: string;
  };
}

const WRITING: ReadonlySet<string> = new Set(["create", "update", "patch", "delete"]);

/** What has an audit log. */
type Audited = Pick<World, "plane">;

async function auditEvents(world: Audited): Promise<readonly AuditEvent[]> {
  const text = await readFile(world.plane.auditLog, "utf8");
  // The last line may be on its way.
  const lines = text.slice(0, text.lastIndexOf("\n") + 1).split("\n");
  return lines.filter((line) => line !== "").map((line) => JSON.parse(line) as AuditEvent);
}

export interface WritesOptions {
  /** Also the events that it records. @default false */
  readonly withEvents?: boolean;
}

/** Of all operators, in one namespace; in the order in which they were answered. */
export async function auditedWrites(
  world: Audited,
  namespace: string,
  { withEvents = false }: WritesOptions = {},
): Promise<AuditedWrite[]> {
  return (await auditEvents(world)).flatMap(
    ({ verb, user, userAgent = "", responseStatus, objectRef, requestReceivedTimestamp }) => {
      const isOurs = userAgent.startsWith("troupe-operator") && objectRef?.namespace === namespace;
      if (!isOurs || !WRITING.has(verb) || (objectRef.resource === "events" && !withEvents)) return [];
      const { resource, name = "", subresource = "" } = objectRef;
      return [
        {
          verb,
          resource,
          name,
          subresource,
          user: user?.username ?? "",
          isDone: (responseStatus?.code ?? 500) < 300,
          receivedMs: Date.parse(requestReceivedTimestamp),
        },
      ];
    },
  );
}

/** `patch groups/status`: what was asked for, whatever the object's name. */
export function kindOfWrite({ verb, resource, subresource }: AuditedWrite): string {
  return `${verb} ${resource}${subresource === "" ? "" : `/${subresource}`}`;
}

/** Requests of the release's accounts, by what RBAC said to them. */
export interface AuditedRights {
  /** `group resource verb`, each once. */
  readonly used: ReadonlySet<string>;
  /** The same, with where it was asked for and by whom. */
  readonly refused: readonly string[];
}

/** What the accounts of the release, whatever their names, were granted and refused by RBAC; a refusal for another reason is none. */
export async function auditedRights(world: Audited): Promise<AuditedRights> {
  const used = new Set<string>();
  const refused = new Set<string>();
  for (const event of await auditEvents(world)) {
    const user = event.user?.username ?? "";
    if (!user.startsWith(`system:serviceaccount:${RELEASE.namespace}:`)) continue;
    const { namespace = "", name = "" } = event.objectRef ?? {};
    const isRefused = event.annotations?.["authorization.k8s.io/decision"] === "forbid";
    if (isRefused) refused.add(`${usedBy(event).join()} (${namespace}/${name}, ${user})`);
    else for (const grant of usedBy(event)) used.add(grant);
  }
  return { used, refused: [...refused] };
}

/** Requests of the release's accounts, reads as well, in a namespace: each as `verb resource`, as often as it came. */
export async function auditedRequests(world: Audited, namespace: string): Promise<readonly string[]> {
  return (await auditEvents(world)).flatMap(({ verb, user, objectRef }) => {
    const isOurs = user?.username?.startsWith(`system:serviceaccount:${RELEASE.namespace}:`) === true;
    return isOurs && objectRef?.namespace === namespace ? [`${verb} ${objectRef.resource}`] : [];
  });
}
