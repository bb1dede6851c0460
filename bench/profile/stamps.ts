/**
 * Loaded before everything else in every process of a system (NODE_OPTIONS=--import): stamps what goes through sockets to NATS and between threads
 * with the clock that all processes of a machine share, and writes it to TROUPE_STAMPS now and then.
 */
import { appendFileSync, existsSync } from "node:fs";
import { Socket } from "node:net";
import { join } from "node:path";
import { isMainThread, MessagePort, Worker } from "node:worker_threads";

/** Milliseconds of the machine's monotonic clock; what happened; and of what: subjects, or kinds of messages. */
export type Stamp = readonly [at: number, what: "send" | "receive" | "post" | "hear", of: string];

const EVERY_MS = 1_000;
const HEAD_BYTES = 4_000;

if (process.env["TROUPE_STAMPS"] !== undefined) stampAll();

/** `<pid>.<what it is>`; a host says so. */
function fileName(): string {
  const program = isMainThread ? (process.argv[1] ?? "").replace(/^.*\/|\.\w+$/g, "") : "host";
  return `${process.pid}.${program}.${process.env["TROUPE_GROUP"] ?? ""}`;
}

function stampAll(): void {
  let stamps: Stamp[] = [];
  const stamp = (what: Stamp[1], of: string): void => {
    stamps.push([Number(process.hrtime.bigint()) / 1e6, what, of]);
  };
  wrap(Socket.prototype, "write", ([data]) => {
    if (data instanceof Uint8Array) stamp("send", subjectsIn(data));
  });
  wrap(Socket.prototype, "push", ([data]) => {
    if (data instanceof Uint8Array) stamp("receive", subjectsIn(data));
  });
  for (const prototype of [Worker.prototype, ...(isMainThread ? [] : [MessagePort.prototype])]) {
    wrap(prototype, "postMessage", ([batch]) => {
      stamp("post", kindsIn(batch));
    });
    wrapListeners(prototype, (batch) => {
      stamp("hear", kindsIn(batch));
    });
  }
  const write = (): void => {
    const lines = stamps.map((each) => `${JSON.stringify(each)}\n`);
    stamps = [];
    // Of one measurement after the other in the program that measures; whoever has read them has removed it.
    const folder = process.env["TROUPE_STAMPS"];
    if (lines.length > 0 && folder !== undefined && existsSync(folder))
      appendFileSync(join(folder, fileName()), lines.join(""));
  };
  setInterval(write, EVERY_MS).unref();
}

/** Has `before` called with the arguments of every call of the method. */
function wrap(prototype: object, method: string, before: (args: readonly unknown[]) => void): void {
  const original: unknown = Reflect.get(prototype, method);
  if (!isCallable(original)) throw new Error(`there is no method ${method}`);
  Reflect.set(prototype, method, function (this: unknown, ...args: unknown[]): unknown {
    before(args);
    return Reflect.apply(original, this, args);
  });
}

function wrapListeners(prototype: object, heard: (message: unknown) => void): void {
  const original: unknown = Reflect.get(prototype, "on");
  if (!isCallable(original)) throw new Error("there is no method on");
  Reflect.set(prototype, "on", function (this: unknown, event: unknown, listener: unknown): unknown {
    return Reflect.apply(original, this, [
      event,
      event === "message" && isCallable(listener) ? stamping(listener, heard) : listener,
    ]);
  });
}

type Callable = (...args: unknown[]) => unknown;

function isCallable(value: unknown): value is Callable {
  return typeof value === "function";
}

function stamping(listener: Callable, heard: (message: unknown) => void): Callable {
  return function (this: unknown, ...args: unknown[]): unknown {
    heard(args[0]);
    return Reflect.apply(listener, this, args);
  };
}

/** The subjects of the messages in a chunk, as far as it is looked at. */
function subjectsIn(data: Uint8Array): string {
  const text = Buffer.from(data.buffer, data.byteOffset, Math.min(data.byteLength, HEAD_BYTES)).toString("latin1");
  return [...text.matchAll(/^H?(?:PUB|MSG) (\S+)/gm)].map(([, subject]) => subject).join(" ");
}

function kindsIn(batch: unknown): string {
  if (!Array.isArray(batch)) return "";
  return batch.map(kindOf).join(" ");
}

function kindOf(message: unknown): string {
  return typeof message === "object" && message !== null ? String(Reflect.get(message, "t")) : "";
}
