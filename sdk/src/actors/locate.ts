/** Where a class or function was written, and whether it stands at the top of its file. Asked of the engine itself. */
import { Session } from "node:inspector";

export interface Location {
  readonly url: string;
  /** 0 for the first line. */
  readonly line: number;
  /** Whether nothing but its module stands around it. */
  readonly isTopLevel: boolean;
  /** Names of the variables around it, module's included. */
  readonly around: readonly string[];
}

const HELD = Symbol.for("troupe.located");

const known = new WeakMap<object, Location | null>();

/** @returns null when it was not read from a file. */
export function locate(fn: object): Location | null {
  const found = known.get(fn);
  if (found !== undefined) return found;
  const location = ask(fn);
  known.set(fn, location);
  return location;
}

function ask(fn: object): Location | null {
  const session = new Session();
  session.connect();
  const urls = new Map<string, string>();
  session.on("Debugger.scriptParsed", ({ params }) => urls.set(params.scriptId, params.url));
  Reflect.set(globalThis, HELD, fn);
  try {
    session.post("Debugger.enable");
    return describe(session, urls);
  } finally {
    Reflect.deleteProperty(globalThis, HELD);
    session.post("Debugger.disable");
    session.disconnect();
  }
}

function describe(session: Session, urls: ReadonlyMap<string, string>): Location | null {
  const objectId = post(session, "Runtime.evaluate", { expression: 'globalThis[Symbol.for("troupe.located")]' });
  const internal = properties(session, idIn(objectId, "result"), "internalProperties");
  const location = valueOf(internal, "[[FunctionLocation]]");
  const scopes = valueOf(internal, "[[Scopes]]");
  const place: unknown = read(location, "value");
  const url = urls.get(String(read(place, "scriptId")));
  if (url?.startsWith("file:") !== true) return null;
  const chain = properties(session, String(read(scopes, "objectId")), "result").filter(({ name }) =>
    /^\d+$/.test(name),
  );
  const kinds = chain.map(({ value }) => String(read(value, "description")));
  const inner = chain.filter((_, index) => !/^(Global|Script)/.test(kinds[index] ?? ""));
  return {
    url,
    line: Number(read(place, "lineNumber")),
    isTopLevel:
      kinds.every((kind) => /^(Module|Global|Script|Block)/.test(kind)) &&
      kinds.filter((kind) => kind.startsWith("Block")).length <= 1,
    around: inner
      .flatMap(({ value }) => properties(session, String(read(value, "objectId")), "result"))
      .map(({ name }) => name),
  };
}

interface Property {
  readonly name: string;
  readonly value: unknown;
}

function properties(session: Session, objectId: string, list: "result" | "internalProperties"): Property[] {
  const answer = post(session, "Runtime.getProperties", { objectId, ownProperties: true });
  const found = read(answer, list);
  return Array.isArray(found)
    ? found.map((each) => ({ name: String(read(each, "name")), value: read(each, "value") }))
    : [];
}

function valueOf(found: readonly Property[], name: string): unknown {
  return found.find((each) => each.name === name)?.value;
}

function idIn(answer: unknown, name: string): string {
  return String(read(read(answer, name), "objectId"));
}

function read(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}

/** A session of the own thread answers before `post` returns. */
function post(session: Session, method: string, params: object): unknown {
  let answer: unknown;
  session.post(method, params, (error, result) => {
    if (error === null) answer = result;
  });
  return answer;
}
