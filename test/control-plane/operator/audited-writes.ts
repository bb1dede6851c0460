/** What an operator has asked the API server to write, as the API server itself has seen it. Needs a world with `audit: true`. */
import { readFile } from "node:fs/promises";
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
  readonly objectRef?: {
    readonly resource: string;
    readonly namespace?: string;
    readonly name?: string;
    readonly subresource?: string;
  };
}

const WRITING: ReadonlySet<string> = new Set(["create", "update", "patch", "delete"]);

/** Of all operators, in one namespace, but for events; in the order in which they were answered. */
export async function auditedWrites(world: World, namespace: string): Promise<AuditedWrite[]> {
  const text = await readFile(world.plane.auditLog, "utf8");
  // The last line may be on its way.
  const lines = text.slice(0, text.lastIndexOf("\n")).split("\n");
  return lines.flatMap((line) => {
    const {
      verb,
      user,
      userAgent = "",
      responseStatus,
      objectRef,
      requestReceivedTimestamp,
    } = JSON.parse(line) as AuditEvent;
    const isOurs = userAgent.startsWith("troupe-operator") && objectRef?.namespace === namespace;
    if (!isOurs || !WRITING.has(verb) || objectRef.resource === "events") return [];
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
  });
}

/** `patch groups/status`: what was asked for, whatever the object's name. */
export function kindOfWrite({ verb, resource, subresource }: AuditedWrite): string {
  return `${verb} ${resource}${subresource === "" ? "" : `/${subresource}`}`;
}
