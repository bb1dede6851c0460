/** `troupe get actors`: who lives in a group, what they do, and how those ended that did. */
import { listActors, startActors, type ActorInfo } from "@troupe/sdk";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { isJson } from "./run-options.ts";

export interface GetActorsFlags {
  readonly nats?: string;
  readonly creds?: string;
  readonly namespace?: string;
  readonly group?: string;
  readonly output?: string;
}

export async function getActors({ output, ...settings }: GetActorsFlags): Promise<ExitCode> {
  const nats = settings.nats ?? process.env["TROUPE_NATS_URL"] ?? "nats://127.0.0.1:4222";
  await using _group = await startActors({ ...settings, nats });
  const actors = await listActors();
  process.stdout.write(isJson(output) ? `${JSON.stringify(actors)}\n` : actorsTable(actors));
  return EXIT.ok;
}

const COLUMNS = ["ACTOR", "CLASS", "STATUS", "LIFE", "QUEUED", "RUNNING", "RESTARTS", "PARENT", "NOTE"];

export function actorsTable(actors: readonly ActorInfo[]): string {
  if (actors.length === 0) return "No actors.\n";
  const rows = [COLUMNS, ...actors.map(rowOf)];
  const widths = COLUMNS.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
  return `${lines.join("\n")}\n`;
}

function rowOf(actor: ActorInfo): string[] {
  const { id, name, className, status, incarnation, facts, restarts, parent } = actor;
  const running = facts?.running.map(({ method }) => method) ?? [];
  return [
    name ?? id,
    className,
    status,
    String(incarnation),
    String(facts?.queued ?? 0),
    running.length <= 2 ? running.join(",") || "-" : `${running.length} calls`,
    String(restarts),
    parent.kind === "actor" ? parent.id : "(program)",
    noteOf(actor),
  ];
}

function noteOf({ status, death, waitsFor, facts, detached }: ActorInfo): string {
  if (waitsFor !== null) return `waits for ${waitsFor}`;
  if (status === "dead" && death !== null) return `${death.code}: ${death.message}`;
  const blocked =
    (facts?.blockedMs ?? 0) > 0 ? `blocks its thread for ${Math.round((facts?.blockedMs ?? 0) / 1_000)} s` : "";
  return [detached ? "detached" : "", blocked].filter((note) => note !== "").join(", ");
}
