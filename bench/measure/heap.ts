/** What is reachable in another Node process: the sum of a heap snapshot, which collects garbage first. */
import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

/** The process was started with `--heapsnapshot-signal` of this one, and `--diagnostic-dir`. */
export const HEAP_SIGNAL = "SIGUSR2";
const PATIENCE_MS = 60_000;

interface Snapshot {
  readonly snapshot: { readonly meta: { readonly node_fields: readonly string[] } };
  readonly nodes: readonly number[];
}

export async function heapBytes(pid: number, folder: string): Promise<number> {
  const deadline = performance.now() + PATIENCE_MS;
  process.kill(pid, HEAP_SIGNAL);
  while (performance.now() < deadline) {
    await delay(200);
    for (const file of await snapshotsOf(pid, folder)) {
      const parsed = await parse(file);
      if (parsed === undefined) continue; // still being written
      await rm(file);
      return sizeOf(parsed);
    }
  }
  throw new Error(`process ${pid} wrote no heap snapshot`);
}

async function snapshotsOf(pid: number, folder: string): Promise<string[]> {
  const names = await readdir(folder);
  return names
    .filter((name) => name.endsWith(".heapsnapshot") && name.includes(`.${pid}.`))
    .map((name) => join(folder, name));
}

async function parse(file: string): Promise<Snapshot | undefined> {
  const text = await readFile(file, "utf8");
  if (!text.trimEnd().endsWith("}")) return undefined;
  try {
    return JSON.parse(text) as Snapshot;
  } catch {
    return undefined;
  }
}

function sizeOf({ snapshot, nodes }: Snapshot): number {
  const { node_fields: fields } = snapshot.meta;
  const at = fields.indexOf("self_size");
  let bytes = 0;
  for (let index = at; index < nodes.length; index += fields.length) bytes += nodes[index] ?? 0;
  return bytes;
}
