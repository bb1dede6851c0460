import { EXIT } from "../exit-codes.ts";

export interface Interrupt extends Disposable {
  /** Aborted by the first Ctrl-C or SIGTERM. */
  readonly signal: AbortSignal;
}

/** How long closing may take after a SIGTERM, before which nobody asks a second time. */
const LAST_RESORT_MS = 15_000;

/** The first Ctrl-C cancels and lets everything be closed; the second ends at once. `say` writes a line for people. */
export function onInterrupt(say: (line: string) => void): Interrupt {
  const controller = new AbortController();
  const stop = (): void => {
    if (controller.signal.aborted) process.exit(EXIT.interrupted);
    say("Cancelling the jobs and closing; press Ctrl-C again to end at once.");
    setTimeout(() => process.exit(EXIT.interrupted), LAST_RESORT_MS).unref();
    controller.abort(new Error("interrupted"));
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  return {
    signal: controller.signal,
    [Symbol.dispose]: () => {
      process.off("SIGINT", stop);
      process.off("SIGTERM", stop);
    },
  };
}
