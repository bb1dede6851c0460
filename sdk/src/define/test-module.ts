import type { Json, JsonObject } from "@troupe/model";
import type { Logger, ProcessContext } from "./context.ts";
import { decodeValue, encodeValue } from "./encode-value.ts";
import { isAggregateClass, type ModuleClass, type ModuleInstance } from "./module.ts";
import { ResultSet, type ResultEntry } from "./result-set.ts";

/** What a module under test is given; everything has a default. */
export interface TestModuleOptions {
  /** Default: null. */
  readonly input?: unknown;
  /** The parents' results by module name, in this order; or entries with type, interface and expose name. */
  readonly results?: Readonly<Record<string, unknown>> | readonly Given[];
  readonly parameters?: JsonObject;
  readonly sharedParameters?: JsonObject;
  readonly context?: Json;
  /** For aggregates: given to `process`; without it `aggregate` is called. */
  readonly items?: readonly unknown[];
  /** Default: `test-job`. */
  readonly job?: string;
  /** Default: 1. */
  readonly attempt?: number;
  readonly signal?: AbortSignal;
}

export interface TestModuleOutcome {
  /** What the next module would see: encoded and decoded as on the way between groups. */
  readonly result: unknown;
  readonly progress: readonly { readonly fraction: number | null; readonly message: string | null }[];
  readonly logs: readonly { readonly level: string; readonly message: string }[];
}

/**
 * Runs a module by itself, from bootstrap to teardown, without NATS, groups or a pipeline.
 *
 * @example
 * const { result } = await testModule(Upper, { input: "a" });
 * @throws what the module throws, and {@link ResultNotEncodable} when its result cannot travel.
 */
export async function testModule(cls: ModuleClass, options: TestModuleOptions = {}): Promise<TestModuleOutcome> {
  const instance: ModuleInstance = new cls();
  const outcome = { progress: [], logs: [] } satisfies Recorder;
  const context = contextOf(cls, options, outcome);
  await instance.bootstrap?.(context);
  try {
    const returned = await call(instance, context, {
      aggregate: isAggregateClass(cls),
      processes: options.items !== undefined,
    });
    return { result: decodeValue(encodeValue(returned)), ...outcome };
  } finally {
    await instance.teardown?.(context);
  }
}

interface Recorder {
  readonly progress: { fraction: number | null; message: string | null }[];
  readonly logs: { level: string; message: string }[];
}

interface Mode {
  readonly aggregate: boolean;
  readonly processes: boolean;
}

function call(instance: ModuleInstance, context: ProcessContext, mode: Mode): unknown {
  if (!mode.aggregate) return instance.run?.(context);
  return mode.processes ? instance.process?.(context) : instance.aggregate?.(context);
}

const DEFAULTS = {
  input: null,
  results: {},
  parameters: {},
  sharedParameters: {},
  context: null,
  items: [],
  job: "test-job",
  attempt: 1,
} as const;

function contextOf(cls: ModuleClass, options: TestModuleOptions, recorder: Recorder): ProcessContext {
  const { results, signal, ...given } = { ...DEFAULTS, ...options };
  const type = cls.type ?? cls.name;
  return {
    ...given,
    pipeline: "test",
    module: cls.name,
    type,
    group: "test",
    replica: "test-0",
    resources: { cpu: null, memory: null, gpu: 0 },
    logger: loggerOf(recorder),
    signal: signal ?? new AbortController().signal,
    idempotencyKey: `${given.job}:test`,
    results: new ResultSet(entriesOf(results)),
    progress: (fraction, message) => {
      recorder.progress.push({ fraction, message: message ?? null });
    },
  };
}

type Given = Partial<ResultEntry> & Pick<ResultEntry, "name" | "value">;

function entriesOf(results: NonNullable<TestModuleOptions["results"]>): ResultEntry[] {
  const given: readonly Given[] = isList(results)
    ? results
    : Object.entries(results).map(([name, value]) => ({ name, value }));
  return given.map((entry) => ({ type: "test", produces: null, expose: null, ...entry }));
}

function isList(results: NonNullable<TestModuleOptions["results"]>): results is readonly Given[] {
  return Array.isArray(results);
}

function loggerOf({ logs }: Recorder): Logger {
  const at = (level: string) => (message: string) => {
    logs.push({ level, message });
  };
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}
