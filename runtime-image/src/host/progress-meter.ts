import type { HostOutbox } from "./outbox.ts";

/** Between two reports of all modules together. */
const EVERY_MS = 100;

interface Report {
  readonly fraction: number | null;
  readonly message: string | null;
}

/** Passes on the latest progress of every module ten times a second, however often modules report. */
export class ProgressMeter {
  readonly #outbox: HostOutbox;
  readonly #latest = new Map<string, { readonly n: number; readonly module: number; readonly report: Report }>();
  #timer: NodeJS.Timeout | null = null;
  #lastAt = -Infinity;

  constructor(outbox: HostOutbox) {
    this.#outbox = outbox;
  }

  report(n: number, module: number, { fraction, message }: Report): void {
    const bounded = fraction === null || Number.isNaN(fraction) ? null : Math.min(1, Math.max(0, fraction));
    this.#latest.set(`${n}:${module}`, { n, module, report: { fraction: bounded, message } });
    const waitMs = this.#lastAt + EVERY_MS - performance.now();
    // A module that never yields gives no timer a chance: what is due goes out at once.
    if (waitMs <= 0) this.#send();
    else
      this.#timer ??= setTimeout(() => {
        this.#send();
      }, waitMs).unref();
  }

  #send(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#lastAt = performance.now();
    for (const { n, module, report } of this.#latest.values())
      this.#outbox.send({ t: "progress", n, module, ...report });
    this.#latest.clear();
    this.#outbox.flush();
  }
}
