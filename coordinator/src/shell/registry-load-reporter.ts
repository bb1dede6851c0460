/** Writes what the owner of a free Group knows into the load bucket, for as long as it owns. */
import { writeGroupReport, writeLoad, type Bus, type Scope } from "@troupe/protocol";
import { countActors, registryLoad, registryReport } from "../registry/load.ts";
import type { RegistryOwner } from "../registry/owner.ts";
import { LoadPace } from "./load-pace.ts";

export class RegistryLoadReporter {
  readonly #bus: Bus;
  readonly #scope: Scope;
  readonly #coordinator: string;
  readonly #pace = new LoadPace();
  readonly #since = Date.now();
  #lastBusyAt: number | null = null;
  #reported = "";

  constructor(bus: Bus, scope: Scope, coordinator: string) {
    this.#bus = bus;
    this.#scope = scope;
    this.#coordinator = coordinator;
  }

  /** Called at every tick while the ownership is confirmed (E8). */
  look(owner: RegistryOwner): void {
    const counts = countActors(owner);
    const { queued, running } = counts;
    if (queued + running > 0) this.#lastBusyAt = Date.now();
    // Whoever begins to wait may need a replica: that is told at once.
    if (!this.#pace.take(`${queued} ${running}`, owner.nurseries.size, performance.now())) return;
    const group = this.#scope.pipeline;
    const report = registryReport(owner, group);
    const text = JSON.stringify(report);
    if (text !== this.#reported) writeGroupReport(this.#bus, this.#scope, report);
    this.#reported = text;
    const times = { at: Date.now(), since: this.#since, lastBusyAt: this.#lastBusyAt };
    writeLoad(this.#bus, this.#scope, registryLoad(owner, counts, { ...times, group, coordinator: this.#coordinator }));
  }
}
