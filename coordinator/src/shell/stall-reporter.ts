/** Tells the operator why this coordinator cannot work on a pipeline, again and again for as long as it cannot. */
import {
  JetStreamError,
  JetStreamOffError,
  JS_CODE,
  LOAD_REFRESH_MS,
  writeStall,
  type Bus,
  type Scope,
} from "@troupe/protocol";

export type StallReason = "JournalLost" | "JetStreamOff" | "NoStorage" | "NotWorking";

export class StallReporter {
  readonly #bus: Bus;
  readonly #scope: Scope;
  readonly #coordinator: string;
  #said = { text: "", at: -Infinity };

  constructor({ bus, scope, id }: { readonly bus: Bus; readonly scope: Scope; readonly id: string }) {
    this.#bus = bus;
    this.#scope = scope;
    this.#coordinator = id;
  }

  /** Sends nothing when the same was said a moment ago, or nobody would hear it. */
  say(reason: StallReason, message: string): void {
    const now = performance.now();
    const text = `${reason} ${message}`;
    if (text === this.#said.text && now - this.#said.at < LOAD_REFRESH_MS - 500) return;
    if (this.#bus.status !== "connected") return;
    this.#said = { text, at: now };
    writeStall(this.#bus, this.#scope, { coordinator: this.#coordinator, reason, message, at: Date.now() });
  }
}

/** What a step that keeps failing is called. */
export function reasonOf(error: unknown): StallReason {
  if (error instanceof JetStreamOffError) return "JetStreamOff";
  if (!(error instanceof JetStreamError)) return "NotWorking";
  const noRoom: readonly number[] = [JS_CODE.insufficientStorage, JS_CODE.storeFailed, JS_CODE.memoryExceeded];
  return noRoom.includes(error.code) ? "NoStorage" : "NotWorking";
}
