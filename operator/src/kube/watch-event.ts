/** What a watch says, one JSON object a line. */
import { refusalFrom } from "./error.ts";
import { fieldOf, isRecord, textField } from "./json.ts";
import { type KubeObject, type Stored } from "./object.ts";
import { type Resource } from "./resource.ts";

export type WatchEvent<T extends KubeObject> =
  | { readonly type: "added" | "modified" | "deleted"; readonly object: Stored<T> }
  /** Nothing changed, and this version has been reached. */
  | { readonly type: "bookmark"; readonly resourceVersion: string };

/** @throws {KubeError} what the server says of a watch that it cannot go on with */
export async function* readWatch<T extends KubeObject>(
  resource: Resource<T>,
  pieces: AsyncIterable<string>,
): AsyncGenerator<WatchEvent<T>, void, undefined> {
  for await (const line of linesOf(pieces)) yield readEvent(resource, line);
}

/** A line that was cut off by the end is none: it comes again in the next watch. */
export async function* linesOf(pieces: AsyncIterable<string>): AsyncGenerator<string, void, undefined> {
  let rest = "";
  for await (const piece of pieces) {
    const lines = (rest + piece).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (line !== "") yield line;
  }
}

function readEvent<T extends KubeObject>(resource: Resource<T>, line: string): WatchEvent<T> {
  const { type, object } = parse(line);
  switch (type) {
    case "ADDED":
      return { type: "added", object: resource.read(object) };
    case "MODIFIED":
      return { type: "modified", object: resource.read(object) };
    case "DELETED":
      return { type: "deleted", object: resource.read(object) };
    case "BOOKMARK":
      return { type: "bookmark", resourceVersion: bookmarkVersion(object) };
    case "ERROR":
      throw refusalFrom(`watch of ${resource.plural}`, {
        status: object,
        code: Number(fieldOf(object, "code") ?? 500),
        otherwise: line.slice(0, 300),
      });
    default:
      throw new Error(`a watch of ${resource.plural} said ${String(type)}, which is no event`);
  }
}

function parse(line: string): Record<string, unknown> {
  const event: unknown = JSON.parse(line);
  if (!isRecord(event)) throw new Error(`a watch said what is no event: ${line.slice(0, 200)}`);
  return event;
}

/** A bookmark's object has a version and nothing else. */
function bookmarkVersion(object: unknown): string {
  const version = textField(fieldOf(object, "metadata"), "resourceVersion");
  if (version === undefined) throw new Error("a watch sent a bookmark without a version");
  return version;
}
