/** A running system: its processes, and how they all end. */
import { encodeUp, subjectsOf, type Bus, type Scope } from "@troupe/protocol";
import type { LocalEvent, LocalProcess } from "@troupe/sdk";
import { join } from "node:path";
import type { StoreFolder } from "./store-folder.ts";
import { Supervisor, type Running } from "./supervisor.ts";

/** How long coordinator and nats-server may take to end before they are ended. */
const SERVER_GRACE_MS = 2_000;
/** What an agent needs to tear down, beside waiting for what runs. */
const TEARDOWN_GRACE_MS = 2_000;

export interface SystemSettings {
  readonly scope: Scope;
  readonly folder: StoreFolder;
  readonly drainMs: number;
  readonly onEvent: (event: LocalEvent) => void;
}

/** What {@link LocalSystem.add} starts and keeps running. */
export interface ProcessSpec<R extends Running = Running> {
  readonly name: string;
  readonly role: LocalProcess["role"];
  readonly group: string | null;
  readonly start: () => Promise<R>;
}

interface Kept {
  readonly spec: ProcessSpec;
  readonly supervisor: Supervisor<Running>;
}

/**
 * Every process is started again when it ends, and all of them end with this one: by `close()`, or with our own process,
 * however that ends.
 */
export class LocalSystem implements AsyncDisposable {
  readonly scope: Scope;
  readonly #settings: SystemSettings;
  readonly #kept: Kept[] = [];
  #natsUrl = "";
  #bus: Bus | undefined;
  #closing: Promise<void> | undefined;

  constructor(settings: SystemSettings) {
    this.scope = settings.scope;
    this.#settings = settings;
  }

  /** Where clients connect to. Stays the same when nats-server is started again. */
  get natsUrl(): string {
    return this.#natsUrl;
  }

  /** Where payloads lie that pass between replicas. */
  get payloads(): string {
    return join(this.#settings.folder.path, "payloads");
  }

  /** For {@link startLocal} alone: nats-server is up. */
  listensAt(url: string): void {
    this.#natsUrl = url;
  }

  /** For {@link startLocal} alone: the system's own connection, over which it says which replicas are gone. */
  speaksOver(bus: Bus): void {
    this.#bus = bus;
  }

  /** Starts a process and keeps it running. Whatever the first start throws is thrown. */
  async add<R extends Running>(spec: ProcessSpec<R>): Promise<R> {
    const { name } = spec;
    const supervisor = new Supervisor<R>({
      start: spec.start,
      onExit: (pid, reason) => {
        this.#settings.onEvent({ type: "exited", process: name, pid, reason });
        if (spec.role === "replica" && spec.group !== null) this.#gone(spec.group, name, reason);
      },
      onRestart: (outcome) => {
        this.#settings.onEvent(
          "pid" in outcome
            ? { type: "restarted", process: name, ...outcome }
            : { type: "restart-failed", process: name, ...outcome },
        );
      },
    });
    this.#kept.push({ spec, supervisor });
    return supervisor.start();
  }

  processes(): LocalProcess[] {
    return this.#kept.map(({ spec: { name, role, group }, supervisor }) => ({
      name,
      role,
      group,
      pid: supervisor.current?.pid ?? null,
      restarts: supervisor.restarts,
    }));
  }

  /**
   * Sends a signal to a process of this system. What it ends is started again. @returns whether there was one just now, and not one that is about to
   * be started again. @throws {Error} when none has that name
   */
  kill(name: string, signal: NodeJS.Signals): boolean {
    const kept = this.#kept.find(({ spec }) => spec.name === name);
    if (kept === undefined)
      throw new Error(`no process is named ${name}; there are ${this.#kept.map(({ spec }) => spec.name).join(", ")}`);
    return kept.supervisor.kill(signal);
  }

  /**
   * Ends everything, replicas first: they finish what runs within the drain time. Whatever does not end by itself is killed,
   * so this returns. Idempotent.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(): Promise<void> {
    await this.#stop("replica", this.#settings.drainMs + TEARDOWN_GRACE_MS);
    await this.#bus?.close();
    await this.#stop("coordinator", SERVER_GRACE_MS);
    await this.#stop("nats", SERVER_GRACE_MS);
    await this.#settings.folder.release();
  }

  async #stop(role: LocalProcess["role"], graceMs: number): Promise<void> {
    const members = this.#kept.filter(({ spec }) => spec.role === role);
    await Promise.all(members.map(async ({ supervisor }) => supervisor.stop(graceMs)));
  }

  /** Tells the owner at once what it would otherwise learn from missing heartbeats. */
  #gone(group: string, replica: string, reason: string): void {
    if (this.#bus?.status !== "connected") return;
    const from = { group, replica, instance: "" };
    for (const bytes of encodeUp({ from, messages: [{ type: "gone", reason }] }, this.#bus.maxPayload / 2)) {
      this.#bus.publish(subjectsOf(this.scope).up(group), bytes);
    }
  }
}
