/** Faults on real processes: who is hit next, how, and how long it took until jobs ended again. */
import { setTimeout as delay } from "node:timers/promises";
import type { LocalSystem } from "@troupe/local";

export type FaultKind = "kill-coordinator" | "kill-replica" | "kill-nats" | "second-coordinator" | "freeze-owner";

export const FAULT_KINDS: readonly FaultKind[] = [
  "kill-coordinator",
  "kill-replica",
  "kill-replica",
  "kill-nats",
  "second-coordinator",
  "freeze-owner",
];

/** Long enough for a standby to have taken over when the owner wakes. */
const FREEZE_MS = 4_000;

export interface InjectorOptions {
  readonly system: LocalSystem;
  readonly random: () => number;
  /** Name of the coordinator that owns the pipeline, as its log says. */
  readonly owner: () => string;
  readonly addCoordinator: () => Promise<string>;
}

export class Injector {
  readonly counts = new Map<FaultKind, number>();
  readonly #options: InjectorOptions;
  readonly #extra: string[] = [];

  constructor(options: InjectorOptions) {
    this.#options = options;
  }

  /** Does one fault of the kind, and returns when it is done (not when the system has recovered). */
  async inject(kind: FaultKind): Promise<void> {
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1);
    const { system, owner } = this.#options;
    switch (kind) {
      case "kill-coordinator":
        system.kill(owner(), "SIGKILL");
        return;
      case "kill-replica":
        system.kill(this.#pick("replica"), "SIGKILL");
        return;
      case "kill-nats":
        system.kill("nats", "SIGKILL");
        return;
      case "second-coordinator":
        await this.#secondCoordinator();
        return;
      case "freeze-owner":
        await this.#freeze(owner());
        return;
    }
  }

  async #freeze(name: string): Promise<void> {
    this.#options.system.kill(name, "SIGSTOP");
    await delay(FREEZE_MS);
    this.#options.system.kill(name, "SIGCONT");
  }

  /** One more beside those that live, up to four; then the newest is killed and comes back as another. */
  async #secondCoordinator(): Promise<void> {
    const newest = this.#extra.at(-1);
    if (this.#extra.length < 2 || newest === undefined) this.#extra.push(await this.#options.addCoordinator());
    else this.#options.system.kill(newest, "SIGKILL");
  }

  #pick(role: "replica"): string {
    const names = this.#options.system
      .processes()
      .filter((process) => process.role === role)
      .map(({ name }) => name);
    return names[Math.floor(this.#options.random() * names.length)] ?? "";
  }
}
