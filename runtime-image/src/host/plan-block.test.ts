import test from "ava";
import type { CompiledModule, Revision } from "@troupe/model";
import { modulesToRun } from "./plan-block.ts";

type Draft = Partial<CompiledModule> & Pick<CompiledModule, "name">;

function revisionOf(modules: readonly Draft[]): Revision {
  return {
    id: "r1",
    namespace: "local",
    pipeline: "p",
    modules: modules.map((module) => ({
      type: "t",
      group: 0,
      dependsOn: [],
      expose: null,
      parameters: {},
      aggregate: false,
      phase: "regular",
      timeoutMs: null,
      estimateSeconds: null,
      journalled: false,
      ...module,
    })),
    groups: [
      {
        name: "g",
        replicas: null,
        concurrency: 1,
        resources: { cpu: null, memory: null, gpu: 0 },
        modules: modules.flatMap((module, index) => ((module.group ?? 0) === 0 ? [index] : [])),
        startCondition: [],
        timeoutMs: null,
        graceMs: 5000,
        templateHash: "h",
      },
    ],
    jobs: {
      timeoutMs: null,
      queueTimeoutMs: null,
      maxAttempts: 3,
      backoff: { initialMs: 1, maxMs: 1 },
      maxInFlight: 10,
      keepResultsMs: 1,
    },
    sharedParameters: {},
    context: null,
  };
}

const CHAIN = revisionOf([
  { name: "a" },
  { name: "b", dependsOn: [0], journalled: true },
  { name: "c", dependsOn: [1] },
  { name: "d", dependsOn: [2], journalled: true },
]);

test("everything runs when nothing is inherited", (t) => {
  t.deepEqual(modulesToRun(CHAIN, 0, "run", new Set()), [0, 1, 2, 3]);
});

test("what is inherited, and what it implies, is not run again", (t) => {
  t.deepEqual(modulesToRun(CHAIN, 0, "run", new Set([1])), [2, 3]);
  t.deepEqual(modulesToRun(CHAIN, 0, "run", new Set([1, 3])), []);
});

test("an implied module runs again when its result is needed", (t) => {
  const revision = revisionOf([
    { name: "a" },
    { name: "b", dependsOn: [0], journalled: true },
    { name: "c", dependsOn: [0, 1], journalled: true },
  ]);
  t.deepEqual(modulesToRun(revision, 0, "run", new Set([1])), [0, 2]);
});

test("what comes before a module that must run, is needed as well, however far up", (t) => {
  const revision = revisionOf([
    { name: "a" },
    { name: "b", dependsOn: [0] },
    { name: "c", journalled: true },
    { name: "d", dependsOn: [1], journalled: true },
  ]);
  t.deepEqual(modulesToRun(revision, 0, "run", new Set([2])), [0, 1, 3]);
});

test("the phases share the aggregate", (t) => {
  const revision = revisionOf([
    { name: "read", journalled: true, group: 1 },
    { name: "collect", dependsOn: [0], aggregate: true, phase: "aggregate", journalled: true },
    { name: "report", dependsOn: [1], phase: "aggregate", journalled: true },
  ]);
  t.deepEqual(modulesToRun(revision, 0, "run", new Set()), [1]);
  t.deepEqual(modulesToRun(revision, 0, "process", new Set()), [1, 2]);
});

test("results from outside the group change nothing", (t) => {
  const revision = revisionOf([
    { name: "up", group: 1 },
    { name: "a", dependsOn: [0] },
    { name: "b", journalled: true },
  ]);
  t.deepEqual(modulesToRun(revision, 0, "run", new Set([0])), [1, 2]);
});
