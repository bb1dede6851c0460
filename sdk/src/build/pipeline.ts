/** The builder of pipelines. */
import { validateManifest, type PipelineManifest, type Problem } from "@troupe/model";
import type { JobHandle } from "../client/handle.ts";
import type { Inputs } from "../client/many.ts";
import type { ManyOptions, RunOptions, StreamOptions } from "../client/options.ts";
import type { IndexedOutcome, JobResult } from "../client/outcome.ts";
import { callerOf } from "../define/registry.ts";
import type { ModuleClass } from "../define/index.ts";
import { groupSpecOf, manifestOf, withGroup, withModule, type Draft } from "./draft.ts";
import { listed, readDraft } from "./from-file.ts";
import { refuseInHost } from "./in-host.ts";
import { moduleSpecOf } from "./module-spec.ts";
import { knownTypes, typeOf } from "./module-types.ts";
import type { FileOptions, GroupOptions, ModuleOptions, PipelineOptions } from "./options.ts";
import type { Exposed } from "./result-types.ts";
import type { RunningPipeline } from "./running.ts";
import { startPipeline, type StartOptions } from "./start.ts";

/** What tells a pipeline of another copy of this package. */
const PIPELINE = Symbol.for("troupe.pipeline");

/**
 * A pipeline in the making: groups, modules, and what depends on what. Nothing runs before `start` or the first `run`.
 *
 *     const film = new Pipeline("film")
 *       .addGroup({ name: "g2", replicas: 3 })
 *       .addModule("A", Load, { group: "g1" })
 *       .addModule("B", Analyse, { group: "g2", dependsOn: "A", expose: true });
 *     if (import.meta.main) {
 *       await using running = await film.start();
 *       const { B } = await running.run({ path: "film.mp4" });
 *     }
 *
 * The names of earlier modules are known to the compiler as long as the calls are chained; a builder that is filled in a loop
 * is a `new Pipeline<string>("film")`.
 */
export class Pipeline<Modules extends string = never, Result extends JobResult = JobResult> implements AsyncDisposable {
  readonly [PIPELINE] = true;
  #draft: Draft;
  #running: Promise<RunningPipeline<Result>> | undefined;

  constructor(name: string, options: PipelineOptions = {}) {
    const { modules, ...spec } = options;
    this.#draft = {
      manifest: manifestOf(name, { ...spec, modules: [] }),
      groups: [],
      moduleFiles: modules === undefined ? null : listed(modules),
      configMap: null,
      file: null,
    };
  }

  /**
   * Reads a Pipeline manifest or a MAGDA configuration.
   * @throws {InvalidPipelineError} with all that is wrong with it
   */
  static async fromFile(path: string, options: FileOptions = {}): Promise<Pipeline<string>> {
    const draft = await readDraft(path, options);
    const pipeline = new Pipeline<string>(draft.manifest.metadata.name);
    pipeline.#draft = draft;
    return pipeline;
  }

  get name(): string {
    return this.#draft.manifest.metadata.name;
  }

  /** Settles a group. One that is only named by modules has the defaults: one replica, no claims. */
  addGroup(group: string | GroupOptions): this {
    this.#draft = withGroup(this.#draft, typeof group === "string" ? { name: group } : groupSpecOf(group));
    return this;
  }

  /**
   * @param type the class, or the type that it is registered under
   * @throws {RegistrationError} when the class has no type
   */
  addModule<
    const Name extends string,
    Type extends string | ModuleClass,
    const Expose extends boolean | string = false,
  >(
    name: Name,
    type: Type,
    options: ModuleOptions<Modules, Expose> = {},
  ): Pipeline<Modules | Name, Result & Exposed<Name, Type, Expose>> {
    // eslint-disable-next-line @typescript-eslint/unbound-method -- only its place in the stack matters
    const { addModule } = Pipeline.prototype;
    const typeName = typeof type === "string" ? type : typeOf(type, callerOf(addModule));
    this.#draft = withModule(this.#draft, moduleSpecOf(name, typeName, options));
    return this as unknown as Pipeline<Modules | Name, Result & Exposed<Name, Type, Expose>>;
  }

  /** As `kubectl apply` takes it. */
  toManifest(): PipelineManifest {
    return this.#draft.manifest;
  }

  /** All that is wrong with it, as far as can be seen without loading module files. */
  validate(): Problem[] {
    const { manifest, groups, file } = this.#draft;
    const names = new Set(manifest.spec.modules.map(({ type }) => type));
    const types = knownTypes(names);
    return validateManifest(manifest, {
      groups,
      ...(types.length === names.size ? { types } : {}),
      ...(file === null ? {} : { file }),
    });
  }

  /** All that was declared, for tools that run it in their own way. */
  get draft(): Draft {
    return this.#draft;
  }

  /**
   * Starts everything that it needs on this machine; with `nats`, connects to the coordinator that runs it there. Whoever starts
   * it closes it.
   * @throws {InvalidPipelineError} @throws {StartError} @throws {LocalError}
   */
  async start(options: StartOptions = {}): Promise<RunningPipeline<Result>> {
    refuseInHost(this.name, "start()");
    return startPipeline<Result>(this.#draft, options);
  }

  /** Runs one job; the first call starts everything on this machine, and `close` ends it. */
  async run(input?: unknown, options: RunOptions = {}): Promise<Result> {
    return (await this.#started("run()")).run(input, options);
  }

  /** As {@link run}: the job's handle, once it is journalled. */
  async submit(input?: unknown, options: RunOptions = {}): Promise<JobHandle<Result>> {
    return (await this.#started("submit()")).submit(input, options);
  }

  /** As {@link run}, for many inputs: outcomes in the order of the inputs. */
  async runMany(inputs: Inputs<unknown>, options: ManyOptions = {}): Promise<IndexedOutcome<Result>[]> {
    return (await this.#started("runMany()")).runMany(inputs, options);
  }

  /** As {@link run}, for many inputs: results as they come, or in the order of the inputs. */
  async *results(inputs: Inputs<unknown>, options: StreamOptions = {}): AsyncGenerator<Result, void, undefined> {
    yield* (await this.#started("results()")).results(inputs, options);
  }

  /** As {@link run}: what its aggregates have collected, processed now. */
  async process(options: RunOptions = {}): Promise<JobResult> {
    return (await this.#started("process()")).process(options);
  }

  /** Ends what the first `run` has started. Idempotent. */
  async close(): Promise<void> {
    const running = this.#running;
    this.#running = undefined;
    await running?.then(
      async (pipeline) => pipeline.close(),
      () => undefined,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #started(what: string): Promise<RunningPipeline<Result>> {
    refuseInHost(this.name, what);
    this.#running ??= startPipeline<Result>(this.#draft, {}).catch((error: unknown) => {
      this.#running = undefined;
      throw error;
    });
    return this.#running;
  }
}

/** Whether a value is a pipeline, of this copy of the package or of another. */
export function isPipeline(value: unknown): value is Pipeline<string> {
  return typeof value === "object" && value !== null && PIPELINE in value;
}
