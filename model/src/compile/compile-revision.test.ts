import test from "ava";
import type { GroupManifest, GroupSettings, ModuleSpec, PipelineManifest, PipelineSpec } from "../manifest.ts";
import { randomOf, randomParents } from "../graph/random-graph.ts";
import { topologicalOrder } from "../graph/topological-order.ts";
import type { Revision } from "../revision.ts";
import { validateManifest } from "../validate.ts";
import { compileRevision, type CompileOptions } from "./compile-revision.ts";

function pipeline(modules: readonly ModuleSpec[], spec: Omit<PipelineSpec, "modules"> = {}): PipelineManifest {
  return { apiVersion: "troupe.dev/v1alpha1", kind: "Pipeline", metadata: { name: "p" }, spec: { modules, ...spec } };
}

function module(
  name: string,
  group: string,
  dependsOn: readonly string[] = [],
  more: Partial<ModuleSpec> = {},
): ModuleSpec {
  return { name, type: "t", group, dependsOn, ...more };
}

function groupResource(group: string, settings: GroupSettings): GroupManifest {
  return {
    apiVersion: "troupe.dev/v1alpha1",
    kind: "Group",
    metadata: { name: `tuned-${group}` },
    spec: { pipelineRef: { name: "p" }, group, ...settings },
  };
}

function compile(manifest: PipelineManifest, options: Partial<CompileOptions> = {}): Revision {
  return compileRevision(manifest, { namespace: "local", ...options });
}

const DIAMOND = [
  module("A", "g1"),
  module("B", "g2", ["A"]),
  module("C", "g3", ["A"]),
  module("D", "g1", ["A"]),
  module("E", "g4", ["B", "C", "D"], { expose: true }),
];

test("the same spec gives the same id, in whatever order its fields stand", (t) => {
  const spec = { sharedParameters: { a: 1, b: { c: 2, d: 3 } }, suspend: false };
  const turned = { suspend: true, sharedParameters: { b: { d: 3, c: 2 }, a: 1 } };
  const { id } = compile(pipeline(DIAMOND, spec));
  t.regex(id, /^r[0-9a-f]{12}$/);
  t.is(compile(pipeline(structuredClone(DIAMOND), turned)).id, id);
  t.is(
    compile(
      pipeline(
        DIAMOND.map(({ dependsOn = [], ...rest }) => ({ dependsOn, ...rest })),
        spec,
      ),
    ).id,
    id,
  );
});

test("whatever a job could notice gives another id", (t) => {
  const ids = [
    compile(pipeline(DIAMOND)),
    compile(pipeline(DIAMOND), { namespace: "other" }),
    compile(pipeline(DIAMOND), { context: 1 }),
    compile(pipeline(DIAMOND), { sharedParameters: { a: 1 } }),
    compile(pipeline(DIAMOND), { templateHashes: { g1: "other" } }),
    compile(pipeline(DIAMOND, { source: { image: "x" } })),
    compile(pipeline(DIAMOND, { groups: [{ name: "g1", template: { a: 1 } }] })),
    compile(pipeline(DIAMOND, { groups: [{ name: "g1", concurrency: 2 }] })),
    compile(pipeline(DIAMOND, { jobs: { maxAttempts: 1 } })),
    compile(pipeline([...DIAMOND.slice(0, 4), module("E", "g4", ["C", "B", "D"], { expose: true })])),
    compile(
      pipeline([...DIAMOND.slice(0, 4), module("E", "g4", ["B", "C", "D"], { expose: true, parameters: { a: 1 } })]),
    ),
  ].map(({ id }) => id);
  t.is(new Set(ids).size, ids.length);
});

test("groups are in the order in which modules name them, with order and start condition", (t) => {
  const { groups, modules } = compile(pipeline(DIAMOND, { groups: [{ name: "g4", replicas: 2 }] }));
  t.deepEqual(
    groups.map(({ name, modules: order, startCondition, replicas }) => [name, order, startCondition, replicas]),
    [
      ["g1", [0, 3], [], null],
      ["g2", [1], [0], null],
      ["g3", [2], [0], null],
      ["g4", [4], [1, 2, 3], 2],
    ],
  );
  t.deepEqual(modules[4]?.dependsOn, [1, 2, 3]);
});

test("within a group a module runs after its parents, and else in declared order", (t) => {
  const { groups } = compile(
    pipeline([module("Z", "g", ["X", "Y"]), module("Y", "g"), module("X", "g"), module("W", "g", ["Z"])]),
  );
  t.deepEqual(groups[0]?.modules, [1, 2, 0, 3]);
});

test("journalled: what others need, is exposed, aggregates, ends a branch, or is last of its phase", (t) => {
  const chain = [
    module("inner", "g"),
    module("exposed", "g", ["inner"], { expose: "out" }),
    module("needed", "g", ["exposed"]),
    module("leaf", "g", ["needed"]),
    module("between", "g", ["needed"]),
    module("collect", "g", ["between"], { aggregate: true }),
    module("after", "g", ["collect"]),
    module("report", "g", ["after"]),
    module("elsewhere", "h", ["needed"]),
  ];
  const { modules } = compile(pipeline(chain));
  t.deepEqual(
    modules.filter(({ journalled }) => journalled).map(({ name }) => name),
    // "between" is the last of the regular ones.
    ["exposed", "needed", "leaf", "between", "collect", "report", "elsewhere"],
  );
  t.deepEqual(
    modules.map(({ phase }) => phase === "aggregate"),
    [false, false, false, false, false, true, true, true, false],
  );
  t.deepEqual(modules.map(({ aggregate }) => aggregate).indexOf(true), 5);
});

test("an aggregate is one by declaration or by its type", (t) => {
  const types = [{ type: "sum", aggregate: true, produces: null, accepts: null, file: null }];
  const { modules } = compile(pipeline([module("A", "g"), module("B", "g", ["A"], { type: "sum" })]), { types });
  t.deepEqual(
    modules.map(({ aggregate }) => aggregate),
    [false, true],
  );
});

test("a Group resource wins field by field, and claim by claim", (t) => {
  const listed = {
    name: "g1",
    replicas: 2,
    concurrency: 4,
    timeoutSeconds: 1.5,
    resources: { cpu: "500m", memory: "1Gi" },
  };
  const resource = groupResource("g1", { replicas: 5, graceSeconds: 0.25, resources: { memory: "2Gi", gpu: "0.5" } });
  const other = {
    ...groupResource("g1", { replicas: 9 }),
    spec: { pipelineRef: { name: "q" }, group: "g1", replicas: 9 },
  };
  const { groups } = compile(pipeline([module("A", "g1")], { groups: [listed] }), { groups: [other, resource] });
  const [group] = groups;
  t.like(group, {
    replicas: 5,
    concurrency: 4,
    timeoutMs: 1500,
    graceMs: 250,
    resources: { cpu: 0.5, memory: 2 ** 31, gpu: 0.5 },
  });
});

test("defaults are filled in", (t) => {
  const { jobs, groups, modules, context, sharedParameters } = compile(
    pipeline([{ name: "A", type: "t", group: "g" }]),
  );
  t.deepEqual(jobs, {
    timeoutMs: null,
    queueTimeoutMs: null,
    maxAttempts: 3,
    backoff: { initialMs: 1000, maxMs: 30_000 },
    maxInFlight: 1000,
    keepResultsMs: 86_400_000,
  });
  t.like(groups[0], {
    replicas: null,
    concurrency: 1,
    timeoutMs: null,
    graceMs: 5000,
    resources: { cpu: null, memory: null, gpu: 0 },
  });
  t.like(modules[0], { expose: null, parameters: {}, timeoutMs: null, estimateSeconds: null, dependsOn: [] });
  t.deepEqual([context, sharedParameters], [null, {}]);
});

test("a template hash depends on source and template alone", (t) => {
  const hash = (spec: Omit<PipelineSpec, "modules">): string | undefined =>
    compile(pipeline([module("A", "g")], spec)).groups[0]?.templateHash;
  t.is(hash({ groups: [{ name: "g", replicas: 7 }] }), hash({}));
  t.not(hash({ source: { image: "x" } }), hash({}));
  t.not(hash({ groups: [{ name: "g", template: { a: 1 } }] }), hash({}));
});

test("a manifest that was not validated is refused loudly", (t) => {
  t.throws(() => compile(pipeline([module("A", "g", ["X"])])), { message: /"X" is not declared: validate/ });
  t.throws(() => compile(pipeline([module("A", "g")], { groups: [{ name: "g", resources: { cpu: "much" } }] })), {
    message: /much is no quantity/,
  });
});

test("random pipelines: what the validator accepts compiles, twice to the same, as plain JSON", (t) => {
  let accepted = 0;
  for (let seed = 0; seed < 600; seed += 1) {
    const random = randomOf(seed);
    const parents = randomParents(random, seed % 5 === 0);
    // Groups by place in the order are never in a circle; others often are.
    const order = topologicalOrder(parents);
    const place = (index: number): number => (seed % 2 === 0 ? order.indexOf(index) / order.length : random());
    const groupCount = 1 + Math.floor(random() * 4);
    const groupOf = (index: number): string => `g${String(Math.floor(Math.max(0, place(index)) * groupCount))}`;
    const names = (of: readonly number[]): string[] => of.slice(0, 16).map((parent) => `m${String(parent)}`);
    const manifest = pipeline(parents.map((of, index) => module(`m${String(index)}`, groupOf(index), names(of))));
    if (validateManifest(manifest).length > 0) continue;
    accepted += 1;
    const revision = compile(manifest);
    t.deepEqual(JSON.parse(JSON.stringify(revision)), revision);
    t.is(compile(structuredClone(manifest)).id, revision.id);
    t.deepEqual(
      revision.groups.flatMap(({ modules }) => modules).sort((a, b) => a - b),
      parents.map((_, index) => index),
      `seed ${String(seed)}`,
    );
    t.true(
      revision.groups.every(({ modules, startCondition }) =>
        startCondition.every((index) => revision.modules[index]?.journalled === true && !modules.includes(index)),
      ),
    );
  }
  t.true(accepted > 100, String(accepted));
});
