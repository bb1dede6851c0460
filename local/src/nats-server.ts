/** nats-server as a child of ours: on a free port, with JetStream on disk and a sync for every append. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { spawnGuarded, type Guarded } from "./guard.ts";
import { LocalError } from "./local-error.ts";

/** Largest message: payloads above 32 KiB travel in chunks of at most 1 MiB, so this leaves room for every batch. */
const MAX_PAYLOAD_BYTES = 8 * 1024 * 1024;
const READY_TIMEOUT_MS = 20_000;
const TAIL_LINES = 40;

export interface NatsServerOptions {
  readonly binary: string;
  /** Holds the configuration, the ports file and, in `store`, JetStream's files. Created when it is missing. */
  readonly folder: string;
  /** 0: a free one. */
  readonly port: number;
  /** Remove `folder` when this process is killed. */
  readonly temporary: boolean;
  /** Each line that the server logs. */
  readonly onLine?: (line: string) => void;
}

export interface NatsServer {
  readonly pid: number;
  readonly port: number;
  readonly url: string;
  /** How it ended, in words. */
  readonly exited: Promise<string>;
}

/**
 * Resolves when clients can connect.
 * @throws {LocalError} saying why it did not come up
 */
export async function startNatsServer(options: NatsServerOptions): Promise<NatsServer> {
  const config = await writeConfig(options);
  const removeFolder = options.temporary ? options.folder : undefined;
  const guarded = await spawnGuarded({ command: options.binary, args: ["-c", config], removeFolder });
  const tail = keepTail(guarded, options.onLine);
  const ended = new AbortController();
  void guarded.exited.then(() => {
    ended.abort();
  });
  const port = await portOf(guarded.pid, options.folder, ended.signal);
  if (port !== undefined)
    return { pid: guarded.pid, port, url: `nats://127.0.0.1:${port}`, exited: guarded.exited.then(describeExit) };
  if (!ended.signal.aborted) process.kill(guarded.pid, "SIGKILL");
  throw whyNot(await guarded.exited, tail, options);
}

function describeExit(code: number): string {
  return code > 128 ? `signal ${code - 128}` : `exit status ${code}`;
}

async function writeConfig({ folder, port }: NatsServerOptions): Promise<string> {
  const path = join(folder, "nats-server.conf");
  const settings = [
    `listen: "127.0.0.1:${port === 0 ? -1 : port}"`,
    `server_name: "troupe-local"`,
    `max_payload: ${MAX_PAYLOAD_BYTES}`,
    // A sync for every append is what makes "accepted" durable (E1); frames make it cheap.
    `jetstream { store_dir: ${JSON.stringify(join(folder, "store"))}, sync_interval: always }`,
    `ports_file_dir: ${JSON.stringify(folder)}`,
    // A laptop that slept, or a stopped process, is no slow consumer yet.
    `write_deadline: "30s"`,
  ];
  try {
    await mkdir(folder, { recursive: true });
    await writeFile(path, `${settings.join("\n")}\n`);
  } catch (cause) {
    throw storeError(cause instanceof Error ? cause.message : String(cause), folder);
  }
  return path;
}

function keepTail(guarded: Guarded, onLine: ((line: string) => void) | undefined): string[] {
  const tail: string[] = [];
  createInterface({ input: guarded.stderr }).on("line", (line) => {
    tail.push(line);
    if (tail.length > TAIL_LINES) tail.shift();
    onLine?.(line);
  });
  return tail;
}

/** The server writes its ports file once it listens. Undefined when it ended before, or took too long. */
async function portOf(pid: number, folder: string, ended: AbortSignal): Promise<number | undefined> {
  const file = join(folder, `nats-server_${pid}.ports`);
  const deadline = performance.now() + READY_TIMEOUT_MS;
  while (!ended.aborted && performance.now() < deadline) {
    const port = await readPort(file);
    if (port !== undefined) return port;
    await delay(5);
  }
  return undefined;
}

async function readPort(file: string): Promise<number | undefined> {
  try {
    const ports: unknown = JSON.parse(await readFile(file, "utf8"));
    if (typeof ports !== "object" || ports === null || !("nats" in ports) || !Array.isArray(ports.nats))
      return undefined;
    const port = Number(new URL(String(ports.nats[0])).port);
    return port > 0 ? port : undefined;
  } catch {
    return undefined; // not there yet, or half written
  }
}

function whyNot(code: number, tail: readonly string[], { binary, folder, port }: NatsServerOptions): LocalError {
  const text = tail.join("\n");
  const last =
    tail.findLast((line) => line.includes("[FTL]") || line.includes("[ERR]")) ?? tail.at(-1) ?? "it said nothing";
  if (code === 126 || code === 127) {
    return new LocalError(
      "NatsServerBroken",
      `${binary} cannot be run: ${last}`,
      "Set NATS_SERVER to a nats-server of this platform, 2.11 or later",
    );
  }
  if (/address already in use/i.test(text)) {
    return new LocalError(
      "NatsPortTaken",
      `port ${port} is in use by another process`,
      "Choose another port, or leave it out to get a free one",
    );
  }
  if (/no space left|disk quota|insufficient storage/i.test(text)) {
    return new LocalError(
      "DiskFull",
      `there is no room for JetStream's files in ${folder}`,
      "Free some space, or choose another folder (TMPDIR, or the storeDir option)",
    );
  }
  if (/permission denied|read-only file system|storage directory|not writable/i.test(text))
    return storeError(last, folder);
  return new LocalError(
    "NatsServerFailed",
    `nats-server (${binary}) did not come up, exit status ${code}: ${last}`,
    "Run it by hand with `-js` to see more",
  );
}

function storeError(text: string, folder: string): LocalError {
  if (/no space left|ENOSPC|EDQUOT/i.test(text)) {
    return new LocalError(
      "DiskFull",
      `there is no room for JetStream's files in ${folder}`,
      "Free some space, or choose another folder (TMPDIR, or the storeDir option)",
    );
  }
  return new LocalError(
    "NatsStoreUnusable",
    `JetStream cannot use the folder ${folder}: ${text}`,
    "Make it writable, or choose another one (TMPDIR, or the storeDir option)",
  );
}
