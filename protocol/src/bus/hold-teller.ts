/**
 * Tells the registry of a free Group which shared objects a program or actor holds. On a thread that never blocks: whoever computes for a
 * minute must be heard by a new owner of the registry all the same, which knows nothing of what it holds.
 */
import type { ParentRef } from "../actors/actor.ts";
import { encodeJson } from "../actors/registry-messages.ts";
import { groupSubjectsOf } from "../actors/subjects.ts";
import type { Scope } from "../subjects.ts";
import type { Bus } from "./port.ts";

/** Three times until a new owner of the registry takes it that it has heard everybody. */
const AGAIN_MS = 5_000;

export class HoldTeller {
  readonly #bus: Bus;
  readonly #registry: string;
  readonly #holder: ParentRef;
  readonly #unlisten: () => void;
  #timer: NodeJS.Timeout | undefined;
  #objects: readonly string[] = [];

  constructor(bus: Bus, scope: Scope, holder: ParentRef) {
    this.#bus = bus;
    this.#registry = groupSubjectsOf(scope).registry;
    this.#holder = holder;
    this.#unlisten = bus.onStatus((status) => {
      if (status === "connected" && this.#timer !== undefined) this.#tell();
    });
  }

  /**
   * Says it at once, as whoever passed a reference on may let go of it as soon as it was answered; and again every few seconds from then on,
   * also that nothing is held any more: once said, it may be lost. @param objects ids of payloads, all that are held
   */
  holds(objects: readonly string[]): void {
    this.#objects = objects;
    this.#tell();
    if (this.#timer !== undefined) return;
    this.#timer = setInterval(() => {
      this.#tell();
    }, AGAIN_MS);
    this.#timer.unref();
  }

  close(): void {
    clearInterval(this.#timer);
    this.#unlisten();
  }

  #tell(): void {
    if (this.#bus.status !== "connected") return; // said when it is back
    this.#bus.publish(this.#registry, encodeJson({ op: "holds", holder: this.#holder, objects: this.#objects }));
  }
}
