/** Waits until a state of the world has come. Says what it waited for when it never does. */
import { setTimeout as delay } from "node:timers/promises";

export async function eventually(
  what: string,
  holds: () => boolean | Promise<boolean>,
  limitMs = 90_000,
): Promise<void> {
  const until = performance.now() + limitMs;
  while (!(await holds())) {
    if (performance.now() > until) throw new Error(`waited ${limitMs} ms in vain until ${what}`);
    await delay(10);
  }
}
