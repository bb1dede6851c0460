/** Self times of the functions in a V8 profile, with the places in the sources that bundles were made of. */
import { readdir, readFile } from "node:fs/promises";
import type { Profiler } from "node:inspector";
import { SourceMap, type SourceMapPayload } from "node:module";
import { join, relative, dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { ROOT } from "../system/bundle.ts";

export type CpuProfile = Profiler.Profile;

export interface SelfTime {
  /** Function, file and line. */
  readonly label: string;
  readonly micros: number;
}

export interface SelfTimes {
  readonly times: readonly SelfTime[];
  /** All that was not idle. */
  readonly busyMicros: number;
}

const NOT_BUSY = new Set(["(idle)", "(root)"]);

/** The profiles that processes and threads have left in a folder. */
export async function readProfiles(folder: string): Promise<{ readonly pid: number; readonly profile: CpuProfile }[]> {
  const files = (await readdir(folder)).filter((name) => name.endsWith(".cpuprofile")).sort();
  return Promise.all(
    files.map(async (name) => {
      const pid = Number(/^CPU\.\d+\.\d+\.(\d+)\./.exec(name)?.[1] ?? 0);
      return { pid, profile: JSON.parse(await readFile(join(folder, name), "utf8")) as CpuProfile };
    }),
  );
}

export async function selfTimes({ nodes, samples = [], timeDeltas = [] }: CpuProfile): Promise<SelfTimes> {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const places = new Map<string, { readonly frame: Profiler.Profile["nodes"][number]["callFrame"]; micros: number }>();
  let busyMicros = 0;
  for (const [index, id] of samples.entries()) {
    const frame = byId.get(id)?.callFrame;
    // A delta is the time before its sample: what follows it is what it was spent in, so it belongs to the one before.
    const micros = timeDeltas[index + 1] ?? 0;
    if (frame === undefined || NOT_BUSY.has(frame.functionName)) continue;
    busyMicros += micros;
    const key = `${frame.functionName}@${frame.url}:${frame.lineNumber}:${frame.columnNumber}`;
    const place = places.get(key);
    if (place === undefined) places.set(key, { frame, micros });
    else place.micros += micros;
  }
  const top = [...places.values()].sort((a, b) => b.micros - a.micros).slice(0, 60);
  const times = await Promise.all(top.map(async ({ frame, micros }) => ({ label: await labelOf(frame), micros })));
  return { times, busyMicros };
}

async function labelOf({
  functionName,
  url,
  lineNumber,
  columnNumber,
}: Profiler.Profile["nodes"][number]["callFrame"]): Promise<string> {
  const name = functionName === "" ? "(anonymous)" : functionName;
  if (url === "") return name;
  if (!url.startsWith("file:")) return `${name}  ${url}`;
  const path = fileURLToPath(url);
  const map = await mapOf(path);
  const origin = map?.findEntry(lineNumber, columnNumber);
  if (origin === undefined || !("originalSource" in origin))
    return `${name}  ${relative(ROOT, path)}:${lineNumber + 1}`;
  return `${name}  ${relative(ROOT, join(dirname(path), origin.originalSource))}:${origin.originalLine + 1}`;
}

const maps = new Map<string, Promise<SourceMap | undefined>>();

async function mapOf(path: string): Promise<SourceMap | undefined> {
  const known = maps.get(path);
  if (known !== undefined) return known;
  const read = readFile(`${path}.map`, "utf8").then(
    (text) => new SourceMap(JSON.parse(text) as SourceMapPayload),
    () => undefined,
  );
  maps.set(path, read);
  return read;
}
