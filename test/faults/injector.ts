/** Faults on real processes: who is hit, and how. Each fault hits: what happens to be between two lives is waited for. */
import { setTimeout as delay } from "node:timers/promises";
import type { LocalSystem } from "@troupe/local";
import { eventually } from "../support/eventually.ts";

export type FaultKind = "kill-coordinator" | "kill-replica" | "kill-nats" | "second-coordinator" | "freeze-owner";

/** One of them is hit oftener than the others. */
const DECK: readonly FaultKind[] = [
  "kill-coordinator",
  "kill-replica",
  "kill-replica",
  "kill-nats",
  "second-coordinator",
  "freeze-owner",
];

export const FAULT_KINDS: ReadonlySet<FaultKind> = new Set(DECK);

/** At least so long: a standby takes over meanwhile. */
const FREEZE_MS = 4_000;
/** How many coordinators are added at most. */
const MOST_ADDED = 2;

export interface InjectorOptions {
  readonly system: LocalSystem;
  /** From 0 to below 1. */
  readonly random: () => number;
  /** Who owns the pipeline as the logs say, and how often somebody has come to own it. */
  readonly owner: () => { readonly name: string; readonly changes: number };
  /** Starts one more beside those that live. @returns its name */
  readonly addCoordinator: () => Promise<string>;
}

export class Injector {
  readonly counts = new Map<FaultKind, number>();
  readonly #options: InjectorOptions;
  readonly #added: string[] = [];
  #deck: FaultKind[] = [];

  constructor(options: InjectorOptions) {
    this.#options = options;
  }

  /** From a deck that is shuffled anew when it is empty: every kind comes in every six. */
  next(): FaultKind {
    if (this.#deck.length === 0) this.#deck = [...DECK];
    const [kind] = this.#deck.splice(Math.floor(this.#options.random() * this.#deck.length), 1);
    return kind ?? "kill-replica";
  }

  /** Does one fault of the kind, and returns when it is done (not when the system has recovered). */
  async inject(kind: FaultKind): Promise<void> {
    switch (kind) {
      case "kill-coordinator":
        await this.#hit(() => this.#options.owner().name, "SIGKILL");
        break;
      case "kill-replica":
        await this.#hit(() => this.#anyReplica(), "SIGKILL");
        break;
      case "kill-nats":
        await this.#hit(() => "nats", "SIGKILL");
        break;
      case "second-coordinator":
        await this.#secondCoordinator();
        break;
      case "freeze-owner":
        await this.#freezeOwner();
        break;
    }
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1);
  }

  /** Frozen until somebody else owns the pipeline, and then woken: it believes that it still does. */
  async #freezeOwner(): Promise<void> {
    const { changes } = this.#options.owner();
    const name = await this.#hit(() => this.#options.owner().name, "SIGSTOP");
    try {
      await delay(FREEZE_MS);
      await eventually(
        "another owns the pipeline while its owner is frozen",
        () => this.#options.owner().changes > changes,
      );
    } finally {
      this.#options.system.kill(name, "SIGCONT");
    }
  }

  /** One more beside those that live; when there are enough, the newest is killed, and comes back beside the others. */
  async #secondCoordinator(): Promise<void> {
    const newest = this.#added.at(-1);
    if (this.#added.length < MOST_ADDED || newest === undefined) {
      this.#added.push(await this.#options.addCoordinator());
      return;
    }
    const lives = (): number | undefined =>
      this.#options.system.processes().find(({ name }) => name === newest)?.restarts;
    const before = lives() ?? 0;
    await this.#hit(() => newest, "SIGKILL");
    await eventually("it has come back", () => (lives() ?? 0) > before);
  }

  async #hit(whom: () => string, signal: NodeJS.Signals): Promise<string> {
    let name = whom();
    await eventually(`there is somebody to hit with ${signal}`, () => {
      name = whom();
      return this.#options.system.kill(name, signal);
    });
    return name;
  }

  #anyReplica(): string {
    const names = this.#options.system
      .processes()
      .filter(({ role, pid }) => role === "replica" && pid !== null)
      .map(({ name }) => name);
    return names[Math.floor(this.#options.random() * names.length)] ?? "g1-0";
  }
}
