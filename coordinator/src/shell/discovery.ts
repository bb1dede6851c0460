/** Takes part in every pipeline, or every free-standing Group, that there is, for as long as there is one. */
import {
  readCurrentRevision,
  readGroupMark,
  scopeKey,
  watchGroups,
  watchPipelines,
  type Bus,
  type Scope,
} from "@troupe/protocol";
import type { Log } from "./log.ts";

interface Kind {
  readonly found: string;
  readonly leaves: string;
  readonly watch: typeof watchPipelines;
  /** Null: it is being deleted. */
  readonly read: (bus: Bus, scope: Scope) => Promise<unknown>;
}

const KINDS = {
  pipeline: {
    found: "found a pipeline",
    leaves: "leaves a pipeline",
    watch: watchPipelines,
    read: readCurrentRevision,
  },
  group: { found: "found a group", leaves: "leaves a group", watch: watchGroups, read: readGroupMark },
} satisfies Readonly<Record<string, Kind>>;

/** One that could not be read is looked at again with the next list. */
export interface DiscoveryOptions {
  readonly kind: keyof typeof KINDS;
  readonly bus: Bus;
  readonly log: Log;
  /** Those of these namespaces only; undefined: of all. */
  readonly namespaces: readonly string[] | undefined;
  /** Takes part in it until it is disposed of. */
  readonly join: (scope: Scope) => AsyncDisposable;
}

/** The same complaint is logged at most this often. */
const COMPLAIN_MS = 30_000;

export class Discovery implements AsyncDisposable {
  readonly #options: DiscoveryOptions;
  readonly #watch: Disposable;
  /** Null: it is being looked whether there is such a one. */
  readonly #joined = new Map<string, { readonly scope: Scope; readonly part: AsyncDisposable | null }>();
  /** What is being left. */
  readonly #leaving = new Map<string, Promise<void>>();
  #isOver = false;
  #complainedAt = -Infinity;

  constructor(options: DiscoveryOptions) {
    this.#options = options;
    this.#watch = KINDS[options.kind].watch(options.bus, {
      namespaces: options.namespaces,
      onList: (scopes) => {
        this.#listed(scopes);
      },
      onDeleted: (scope) => {
        this.#leave(scopeKey(scope));
      },
      onError: (error) => {
        this.#complain("what there is could not be listed; it is tried again", error);
      },
    });
  }

  /** How many this coordinator takes part in. */
  get size(): number {
    return this.#joined.size;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    this.#watch[Symbol.dispose]();
    for (const key of [...this.#joined.keys()]) this.#leave(key);
    await Promise.all(this.#leaving.values());
  }

  #listed(scopes: readonly Scope[]): void {
    const listed = new Set(scopes.map(scopeKey));
    for (const key of [...this.#joined.keys()]) if (!listed.has(key)) this.#leave(key);
    for (const scope of scopes) if (!this.#joined.has(scopeKey(scope))) void this.#look(scope);
  }

  /** The key of what was deleted may be there a little longer, without a value. */
  async #look(scope: Scope): Promise<void> {
    const key = scopeKey(scope);
    this.#joined.set(key, { scope, part: null });
    try {
      await this.#leaving.get(key);
      const found = await KINDS[this.#options.kind].read(this.#options.bus, scope);
      if (this.#isOver || this.#joined.get(key)?.part !== null) return;
      if (found === null) this.#joined.delete(key);
      else this.#join(scope);
    } catch (error) {
      this.#joined.delete(key);
      this.#complain("what was found could not be read; it is tried again", error);
    }
  }

  #join(scope: Scope): void {
    const { log, join } = this.#options;
    log.info(KINDS[this.#options.kind].found, this.#fields(scope));
    this.#joined.set(scopeKey(scope), { scope, part: join(scope) });
  }

  #leave(key: string): void {
    const { log } = this.#options;
    const joined = this.#joined.get(key);
    if (joined === undefined) return;
    this.#joined.delete(key);
    if (joined.part === null) return;
    log.info(KINDS[this.#options.kind].leaves, this.#fields(joined.scope));
    this.#leaving.set(key, this.#left(key, joined.part, joined.scope));
  }

  async #left(key: string, part: AsyncDisposable, scope: Scope): Promise<void> {
    try {
      await part[Symbol.asyncDispose]();
    } catch (error) {
      this.#options.log.error("could not be left in good order", { ...this.#fields(scope), error: String(error) });
    }
    this.#leaving.delete(key);
  }

  #fields({ namespace, pipeline: name, uid }: Scope): Readonly<Record<string, string>> {
    return { namespace, [this.#options.kind]: name, uid };
  }

  #complain(message: string, error: unknown): void {
    const now = performance.now();
    if (now - this.#complainedAt < COMPLAIN_MS) return;
    this.#complainedAt = now;
    this.#options.log.warn(message, { error: error instanceof Error ? error.message : String(error) });
  }
}
