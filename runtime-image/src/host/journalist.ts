/** Everything that user code says (logger, console, stdout) becomes a log record that names the job and the module. */
import { AsyncLocalStorage } from "node:async_hooks";
import { format } from "node:util";
import type { Logger } from "@troupe/sdk";
import type { HostOutbox } from "./outbox.ts";
import type { HostLog, LogLevel } from "./protocol.ts";

/** On whose behalf code runs. `execution` is there while a block does. */
export interface Voice {
  readonly module: string;
  readonly execution?: { readonly n: number; readonly job: string; readonly attempt: number };
}

/** How long records may wait while a module keeps the thread busy. */
const FLUSH_AFTER_MS = 50;

export class Journalist {
  readonly #outbox: HostOutbox;
  readonly #voices = new AsyncLocalStorage<Voice>();
  #lastFlushAt = 0;

  constructor(outbox: HostOutbox) {
    this.#outbox = outbox;
  }

  /** Calls `work` so that all that it says, now and later, is said by `voice`. */
  within<T>(voice: Voice, work: () => T): T {
    return this.#voices.run(voice, work);
  }

  /** Who speaks right now. */
  get voice(): Voice | undefined {
    return this.#voices.getStore();
  }

  loggerOf(voice: Voice): Logger {
    const at = (level: LogLevel) => (message: string, fields?: Readonly<Record<string, unknown>>) => {
      this.record(level, typeof message === "string" ? message : format(message), {
        voice,
        ...(fields === undefined ? {} : { fields }),
      });
    };
    return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
  }

  record(
    level: LogLevel,
    text: string,
    about: { voice?: Voice | undefined; fields?: Readonly<Record<string, unknown>> },
  ): void {
    const { voice, fields } = about;
    this.#outbox.send({
      t: "log",
      level,
      text,
      at: performance.timeOrigin + performance.now(),
      ...sayer(voice),
      ...jsonOf(fields),
    });
    const now = performance.now();
    if (now - this.#lastFlushAt < FLUSH_AFTER_MS) return;
    this.#lastFlushAt = now;
    this.#outbox.flush();
  }

  /** Takes over the console and the standard streams of this thread. */
  listen(): void {
    const levels = { log: "info", info: "info", debug: "debug", warn: "warn", error: "error", trace: "debug" } as const;
    for (const [method, level] of Object.entries(levels)) {
      Reflect.set(globalThis.console, method, (...values: unknown[]) => {
        this.record(level, format(...values), { voice: this.voice });
      });
    }
    process.stdout.write = this.#writer("info");
    process.stderr.write = this.#writer("error");
  }

  /** A `write` that makes a record of every whole line. */
  #writer(level: LogLevel): typeof process.stdout.write {
    let rest = "";
    return (chunk: Uint8Array | string, encodingOrCallback?: unknown, callback?: unknown): boolean => {
      const lines = (rest + (typeof chunk === "string" ? chunk : Buffer.from(chunk).toString())).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) this.record(level, line, { voice: this.voice });
      const done = typeof encodingOrCallback === "function" ? encodingOrCallback : callback;
      if (typeof done === "function") queueMicrotask(() => void Reflect.apply(done, undefined, []));
      return true;
    };
  }
}

function sayer(voice: Voice | undefined): Partial<HostLog> {
  if (voice === undefined) return {};
  const { module, execution } = voice;
  return execution === undefined ? { module } : { module, job: execution.job, attempt: execution.attempt };
}

function jsonOf(fields: Readonly<Record<string, unknown>> | undefined): { fields?: string } {
  if (fields === undefined) return {};
  try {
    return { fields: JSON.stringify(fields) };
  } catch {
    return { fields: JSON.stringify({ fields: format(fields) }) };
  }
}
