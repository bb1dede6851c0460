// The rule `rooms/imports`: a room's package.json says what the room may import, and nothing else may be imported.
// Peer dependencies may be imported lazily only, by import(); so a room can reach what must not load with it.
import { existsSync, readFileSync } from "node:fs";
import { dirname, relative, resolve, sep } from "node:path";
import { isBuiltin } from "node:module";

const root = resolve(import.meta.dirname, "..");

/** The folders at the top that are workspaces, as package.json lists them. */
export const rooms = JSON.parse(readFileSync(resolve(root, "package.json"), "utf8")).workspaces;

/** What a room may import: always, and by import() alone. */
function readTable(room) {
  const file = resolve(root, room, "package.json");
  if (!existsSync(file)) return { always: new Set(), lazily: new Set() };
  const manifest = JSON.parse(readFileSync(file, "utf8"));
  return {
    always: new Set(Object.keys(manifest.dependencies ?? {})),
    lazily: new Set(Object.keys(manifest.peerDependencies ?? {})),
  };
}

const tables = new Map(rooms.map((room) => [room, readTable(room)]));

/** `nats` from "nats/lib", `@troupe/model` from "@troupe/model". */
function packageOf(source) {
  return source
    .split("/")
    .slice(0, source.startsWith("@") ? 2 : 1)
    .join("/");
}

function roomOf(file) {
  const [room] = relative(root, file).split(sep);
  return rooms.includes(room) ? room : undefined;
}

/** What is wrong with importing `source` from `file`, in a sentence; undefined if nothing is. */
function problemOf(file, source, lazy) {
  const room = roomOf(file);
  if (room === undefined) return undefined;
  if (source.startsWith(".")) {
    return roomOf(resolve(dirname(file), source)) === room
      ? undefined
      : `"${source}" leaves the room ${room}/. Import another room by its name (@troupe/…), through its index.ts.`;
  }
  if (isBuiltin(source)) return undefined;
  return problemOfPackage(room, packageOf(source), lazy);
}

function problemOfPackage(room, name, lazy) {
  const { always, lazily } = tables.get(room);
  if (always.has(name) || (lazy && lazily.has(name))) return undefined;
  if (lazily.has(name)) return `${room}/ may import ${name} lazily only: use await import("${name}").`;
  const allowed = [...always, ...lazily].join(", ") || "nothing";
  return `${room}/ may not import ${name}. Its package.json allows: ${allowed}.`;
}

const importsRule = {
  meta: { type: "problem", schema: [], messages: { refused: "{{ problem }}" } },
  create(context) {
    const check = (node, lazy) => {
      if (typeof node.source?.value !== "string") return;
      const problem = problemOf(context.filename, node.source.value, lazy);
      if (problem !== undefined) context.report({ node: node.source, messageId: "refused", data: { problem } });
    };
    return {
      ImportDeclaration: (node) => check(node, false),
      ExportNamedDeclaration: (node) => check(node, false),
      ExportAllDeclaration: (node) => check(node, false),
      ImportExpression: (node) => check(node, true),
    };
  },
};

export const roomsPlugin = { rules: { imports: importsRule } };
