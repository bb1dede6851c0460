import { setTimeout as delay } from "node:timers/promises";
import { ConnectError } from "./connect-error.ts";
import { connectBus, type ConnectOptions } from "./nats.ts";
import type { Bus } from "./port.ts";

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 5_000;

/** In a pod NATS may come later: tries until it is there. @param onWaiting hears of every attempt that failed, and why. */
export async function waitForBus(options: ConnectOptions, onWaiting: (error: ConnectError) => void): Promise<Bus> {
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2)) {
    try {
      return await connectBus(options);
    } catch (error) {
      if (!(error instanceof ConnectError)) throw error;
      onWaiting(error);
    }
    await delay(pauseMs);
  }
}
