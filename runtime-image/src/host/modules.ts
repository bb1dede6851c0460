/** The instances of a group's modules, made and bootstrapped once for every distinct configuration. */
import type { CompiledGroup, CompiledModule, Revision } from "@troupe/model";
import { nameOf, registrationOf, registrations, type BootContext, type ModuleInstance } from "@troupe/sdk";
import type { Failure } from "@troupe/protocol";
import type { Journalist } from "./journalist.ts";
import { failureOf } from "./user-error.ts";

/** What never changes about a parent's result. */
export interface Parent {
  readonly index: number;
  readonly name: string;
  readonly type: string;
  readonly produces: string | null;
  readonly expose: string | null;
}

/** A module of the group, ready to run. */
export interface Member {
  readonly index: number;
  readonly module: CompiledModule;
  readonly instance: ModuleInstance;
  readonly boot: BootContext;
  readonly parents: readonly Parent[];
}

export interface Prepared {
  readonly revision: Revision;
  readonly group: number;
  /** By module index. */
  readonly members: ReadonlyMap<number, Member>;
}

export interface Surroundings {
  readonly group: string;
  readonly replica: string;
  /** The files that were loaded, to be named when a type is not there. */
  readonly files: readonly string[];
  readonly journalist: Journalist;
}

interface Instance {
  readonly instance: ModuleInstance;
  readonly boot: BootContext;
  readonly ready: Promise<void>;
}

/** A module that could not be made or bootstrapped. */
export class PrepareError extends Error {
  override readonly name = "PrepareError";
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.message);
    this.failure = failure;
  }
}

export class Modules {
  readonly #surroundings: Surroundings;
  /** Key: everything that the instance was told. Revisions that tell a module the same share it. */
  readonly #instances = new Map<string, Instance>();
  readonly #prepared = new Map<string, { readonly prepared: Prepared; readonly keys: ReadonlySet<string> }>();

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings;
  }

  get(revision: string): Prepared | undefined {
    return this.#prepared.get(revision)?.prepared;
  }

  /** Bootstraps in the group's order. @throws {PrepareError} naming the module. */
  async prepare(revision: Revision): Promise<void> {
    if (this.#prepared.has(revision.id)) return;
    const group = revision.groups.findIndex(({ name }) => name === this.#surroundings.group);
    const compiled = revision.groups[group];
    if (compiled === undefined) throw missingGroup(revision, this.#surroundings.group);
    const members = new Map<number, Member>();
    const keys = new Set<string>();
    for (const index of compiled.modules) {
      const module = revision.modules[index];
      if (module === undefined) continue;
      const key = keyOf(module, compiled, revision);
      const { instance, boot } = await this.#instanceOf(key, module, { revision, group: compiled });
      keys.add(key);
      members.set(index, { index, module, instance, boot, parents: parentsOf(module, revision) });
    }
    this.#prepared.set(revision.id, { prepared: { revision, group, members }, keys });
  }

  /** Tears down the instances that no other revision uses. */
  async retire(revision: string): Promise<void> {
    const keys = this.#prepared.get(revision)?.keys;
    this.#prepared.delete(revision);
    const used = new Set([...this.#prepared.values()].flatMap((other) => [...other.keys]));
    await this.#tearDown([...(keys ?? [])].filter((key) => !used.has(key)));
  }

  /** Tears all instances down, the last one first. Errors are logged: there is nobody left to fail. */
  async close(): Promise<void> {
    this.#prepared.clear();
    await this.#tearDown([...this.#instances.keys()]);
  }

  async #instanceOf(key: string, module: CompiledModule, place: Place): Promise<Instance> {
    const known = this.#instances.get(key);
    if (known !== undefined) {
      await known.ready;
      return known;
    }
    const boot = this.#bootContext(module, place);
    const instance = this.#create(module);
    const ready = this.#surroundings.journalist.within({ module: module.name }, async () => {
      try {
        await instance.bootstrap?.(boot);
      } catch (error) {
        throw refusal(module, "bootstrap failed", error);
      }
    });
    const made: Instance = { instance, boot, ready };
    this.#instances.set(key, made);
    try {
      await ready;
    } catch (error) {
      this.#instances.delete(key);
      throw error;
    }
    return made;
  }

  #create(module: CompiledModule): ModuleInstance {
    const registration = registrationOf(module.type);
    if (registration === undefined) throw this.#unknownType(module);
    if (registration.aggregate !== module.aggregate) {
      const [declared, is, cure] = module.aggregate
        ? ["an aggregate", "none", "Remove `aggregate: true` from it"]
        : ["a regular module", "an aggregate", "Set `aggregate: true` on it"];
      throw refusal(module, `it is declared as ${declared}, but its type is ${is}. ${cure}`);
    }
    try {
      return new registration.cls();
    } catch (error) {
      throw refusal(module, "its constructor failed", error);
    }
  }

  #unknownType(module: CompiledModule): PrepareError {
    const known = registrations().map(({ type }) => type);
    const files = this.#surroundings.files;
    return refusal(
      module,
      `no such type is registered. Looked at: ${files.join(", ") || "no files"}. Registered: ${known.join(", ") || "nothing"}`,
    );
  }

  #bootContext(module: CompiledModule, { revision, group }: Place): BootContext {
    return {
      pipeline: revision.pipeline,
      module: module.name,
      type: module.type,
      group: group.name,
      replica: this.#surroundings.replica,
      parameters: module.parameters,
      sharedParameters: revision.sharedParameters,
      context: revision.context,
      resources: group.resources,
      logger: this.#surroundings.journalist.loggerOf({ module: module.name }),
      signal: new AbortController().signal,
    };
  }

  async #tearDown(keys: readonly string[]): Promise<void> {
    for (const key of keys.toReversed()) {
      const found = this.#instances.get(key);
      this.#instances.delete(key);
      if (found === undefined) continue;
      await this.#surroundings.journalist.within({ module: found.boot.module }, async () => {
        try {
          await found.instance.teardown?.(found.boot);
        } catch (error) {
          found.boot.logger.error("teardown failed", { error: failureOf(error, "ModuleError").message });
        }
      });
    }
  }
}

interface Place {
  readonly revision: Revision;
  readonly group: CompiledGroup;
}

function keyOf({ name, type, parameters }: CompiledModule, group: CompiledGroup, revision: Revision): string {
  return JSON.stringify([name, type, parameters, revision.sharedParameters, revision.context, group.resources]);
}

function parentsOf(module: CompiledModule, revision: Revision): Parent[] {
  return module.dependsOn.flatMap((index) => {
    const parent = revision.modules[index];
    if (parent === undefined) return [];
    const produces = registrationOf(parent.type)?.produces ?? null;
    return [
      {
        index,
        name: parent.name,
        type: parent.type,
        expose: parent.expose,
        produces: produces === null ? null : nameOf(produces),
      },
    ];
  });
}

function refusal({ name, type }: CompiledModule, what: string, error?: unknown): PrepareError {
  const failure = error === undefined ? null : failureOf(error, "BootstrapFailed");
  const message = `Module "${name}" (type ${type}): ${what}${failure === null ? "." : `: ${failure.message}`}`;
  return new PrepareError({ ...(failure ?? { code: "BootstrapFailed", kind: "retryable" }), message });
}

function missingGroup(revision: Revision, group: string): PrepareError {
  const message = `Revision ${revision.id} of ${revision.pipeline} has no group "${group}".`;
  return new PrepareError({ code: "BootstrapFailed", message, kind: "retryable" });
}
