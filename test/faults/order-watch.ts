/**
 * Listens to what owners send to replicas, and remembers which job was sent to a group when for the first time: within a group, jobs start in the
 * order in which they became ready (E7). Each replica's jobs are compared with each other: what is decided together is sent to one replica after the other.
 */
import { decodeDown, subjectsOf, type Bus, type Scope } from "@troupe/protocol";
import type { JobOutcome } from "@troupe/sdk";

/** Until so long after the connection is back, what was sent meanwhile may not have been heard. */
const DEAF_MS = 1_000;

interface Sent {
  readonly replica: string;
  /** Unix milliseconds. */
  readonly at: number;
}

export interface OrderCount {
  /** First dispatches that were compared. */
  readonly compared: number;
  /** Those that came after one of the same replica that had become ready later. */
  readonly outOfOrder: number;
}

export class OrderWatch {
  readonly #sent = new Map<string, Sent>();
  readonly #deaf: { readonly from: number; readonly to: number }[] = [];

  constructor(bus: Bus, scope: Scope, groups: readonly string[]) {
    for (const group of groups) {
      bus.subscribe(subjectsOf(scope).down(group, "*"), ({ data, subject }) => {
        for (const message of decodeDown(data).messages) {
          const key = `${group} ${message.type === "run" ? message.job : ""}`;
          if (message.type === "run" && !this.#sent.has(key)) this.#sent.set(key, { replica: subject, at: Date.now() });
        }
      });
    }
    let from = 0;
    bus.onStatus((status) => {
      if (status === "disconnected") from = Date.now();
      else if (status === "connected") this.#deaf.push({ from, to: Date.now() + DEAF_MS });
    });
  }

  /** @param outcomes with timelines; jobs of which something ran again are left out: what is compared is their first start. */
  count(outcomes: readonly JobOutcome[], ranAgain: ReadonlySet<string>): OrderCount {
    const readyAt = new Map<string, number>();
    for (const { id, spans } of outcomes) {
      if (ranAgain.has(id)) continue;
      for (const { group, readyAt: at } of spans ?? []) {
        const key = `${group} ${id}`;
        readyAt.set(key, Math.min(readyAt.get(key) ?? Infinity, at));
      }
    }
    const latest = new Map<string, number>();
    let [compared, outOfOrder] = [0, 0];
    for (const [key, { replica, at }] of this.#sent) {
      const ready = readyAt.get(key);
      if (ready === undefined || this.#mayHaveMissed(ready, at)) continue;
      compared++;
      const before = latest.get(replica) ?? 0;
      if (ready < before) outOfOrder++;
      latest.set(replica, Math.max(ready, before));
    }
    return { compared, outOfOrder };
  }

  /** Whether it may have been sent before, while this had no connection. */
  #mayHaveMissed(ready: number, sent: number): boolean {
    return this.#deaf.some(({ from, to }) => ready <= to && sent >= from);
  }
}
