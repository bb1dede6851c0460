/** Writes what the owner of a pipeline knows into the load bucket, for as long as it owns. */
import { writeGroupReport, writeLoad, type Bus, type Scope } from "@troupe/protocol";
import { loadOf, loadShape, noteBusy, reportOf } from "../core/load.ts";
import type { Owner } from "../core/owner.ts";
import { LoadPace } from "./load-pace.ts";

const LOOK_MS = 100;

export interface LoadReporterOptions {
  readonly bus: Bus;
  readonly scope: Scope;
  readonly coordinator: string;
  readonly owner: Owner;
  /** E8: an owner that nothing confirms says nothing. */
  readonly isConfirmed: () => boolean;
}

export class LoadReporter implements Disposable {
  readonly #options: LoadReporterOptions;
  readonly #pace = new LoadPace();
  readonly #since = Date.now();
  readonly #timer: NodeJS.Timeout;
  /** The text of each group's report that was written last. */
  readonly #reported = new Map<string, string>();
  readonly #unlisten: () => void;

  constructor(options: LoadReporterOptions) {
    this.#options = options;
    this.#timer = setInterval(() => {
      this.#look();
    }, LOOK_MS);
    // What was written while the connection was lost may never have arrived.
    this.#unlisten = options.bus.onStatus(() => {
      this.#reported.clear();
    });
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#unlisten();
  }

  #look(): void {
    const { bus, owner, isConfirmed } = this.#options;
    noteBusy(owner, Date.now());
    const now = performance.now();
    if (bus.status !== "connected" || !isConfirmed() || !this.#pace.isOpen(now)) return;
    // Whatever counts differently has passed through the journal or left a queue for a replica.
    const version = owner.state.position + owner.leases;
    if (this.#pace.take(loadShape(owner), version, now)) this.#write();
  }

  #write(): void {
    const { bus, scope, coordinator, owner } = this.#options;
    for (const group of owner.groups.values()) {
      const report = reportOf(owner, group);
      const text = JSON.stringify(report);
      if (this.#reported.get(group.name) === text) continue;
      this.#reported.set(group.name, text);
      writeGroupReport(bus, scope, report);
    }
    writeLoad(bus, scope, { ...loadOf(owner), coordinator, at: Date.now(), since: this.#since });
  }
}
