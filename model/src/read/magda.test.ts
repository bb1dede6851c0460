import test from "ava";
import type { PipelineManifest } from "../manifest.ts";
import { compileRevision } from "../compile/compile-revision.ts";
import { readPipeline, type ReadOptions, type ReadPipeline, type RefusedPipeline } from "./read-pipeline.ts";

function read(text: string, options: Partial<ReadOptions> = {}): ReadPipeline | RefusedPipeline {
  return readPipeline(text, { file: "config.yml", ...options });
}

function manifestOf(text: string, options: Partial<ReadOptions> = {}): PipelineManifest {
  const result = read(text, options);
  if (!result.ok) throw new Error(result.problems.map(({ message }) => message).join("\n"));
  return result.manifest;
}

function problems(text: string, options: Partial<ReadOptions> = {}): string[] {
  const result = read(text, options);
  return result.ok ? [] : result.problems.map((p) => `${p.code} ${p.path} ${String(p.line)}:${String(p.column)}`);
}

const SIMPLE = `modules:
  - name: A
    type: example-module
    group: g1

  - name: B
    type: example-module
    group: g1
    depends_on:
      - A

  - name: C
    type: example-module
    group: g2

  - name: D
    type: example-module
    group: g3
    depends_on:
      - B
      - C

  - name: E
    type: example-module
    group: g3
    depends_on:
      - D
`;

const RESOURCES = `modules:
  - name: A
    type: example-module
    group: g1

  - name: B
    type: example-module
    group: g2

  - name: C
    type: example-module
    group: g3
    depends_on:
      - A
      - B

groups:
  - name: g1
    options:
      num_gpus: 1.0
  - name: g2
    options:
      num_cpus: 4
      num_gpus: 0.5
`;

const POOL = `modules:
  - name: A
    type: example-module
    group: g1

  - name: B
    type: long-running-module
    group: g2
    depends_on:
      - A

  - name: C
    type: example-module
    group: g3
    depends_on:
      - B

groups:
  - name: g2
    options:
      replicas: 3
`;

const PAIR = "modules:\n  - { name: A, type: t, group: g1 }\n  - { name: B, type: t, group: g2, depends_on: [A] }\n";

test("the simple example becomes three groups that start when their modules can", (t) => {
  const revision = compileRevision(manifestOf(SIMPLE), { namespace: "local" });
  t.is(revision.pipeline, "config");
  t.deepEqual(
    revision.groups.map(({ name, modules, startCondition }) => ({ name, modules, startCondition })),
    [
      { name: "g1", modules: [0, 1], startCondition: [] },
      { name: "g2", modules: [2], startCondition: [] },
      { name: "g3", modules: [3, 4], startCondition: [1, 2] },
    ],
  );
});

test("claims of the resource example are kept, fractions too", (t) => {
  const manifest = manifestOf(RESOURCES);
  t.deepEqual(manifest.spec.groups, [
    { name: "g1", resources: { gpu: 1 } },
    { name: "g2", resources: { cpu: 4, gpu: "0.5" } },
  ]);
  const claims = compileRevision(manifest, { namespace: "local" }).groups.map(({ resources }) => resources);
  t.deepEqual(claims, [
    { cpu: null, memory: null, gpu: 1 },
    { cpu: 4, memory: null, gpu: 0.5 },
    { cpu: null, memory: null, gpu: 0 },
  ]);
});

test("the actor pool has three replicas of the second group alone", (t) => {
  const { groups } = compileRevision(manifestOf(POOL), { namespace: "local" });
  t.deepEqual(
    groups.map(({ replicas }) => replicas),
    [null, 3, null],
  );
});

test("a listed group needs no options, and may be left out", (t) => {
  const listed = `${PAIR}groups:\n  - name: g1\n  - name: g2\n    options:\n      num_gpus: 1.0\n`;
  t.deepEqual(manifestOf(listed).spec.groups, [{ name: "g1" }, { name: "g2", resources: { gpu: 1 } }]);
  t.deepEqual(manifestOf(`${PAIR}groups:\n  - name: g1\n    options:\n`).spec.groups, [{ name: "g1" }]);
  t.is(manifestOf(`${PAIR}groups:\n`).spec.groups, undefined);
});

test("modules without any group form one group", (t) => {
  const manifest = manifestOf("modules:\n  - { name: A, type: t }\n  - { name: B, type: t, depends_on: [A] }\n");
  t.deepEqual(
    manifest.spec.modules.map(({ group }) => group),
    ["main", "main"],
  );
});

test("as soon as one module names a group, all must", (t) => {
  t.deepEqual(problems("modules:\n  - { name: A, type: t, group: g }\n  - { name: B, type: t, depends_on: [A] }\n"), [
    "MissingField modules[1].group 3:5",
  ]);
});

test("the name may be a text or a number, and is made fit for Kubernetes", (t) => {
  t.is(manifestOf(`name: My Pipeline_2\n${PAIR}`).metadata.name, "my-pipeline-2");
  t.is(manifestOf(`name: 7\n${PAIR}`).metadata.name, "7");
  t.is(manifestOf(PAIR, { file: "some/dir/Ki67.config.yaml" }).metadata.name, "ki67-config");
  t.is(manifestOf(PAIR, { file: "---" }).metadata.name, "pipeline");
  t.deepEqual(problems(`name: [a]\n${PAIR}`), ["InvalidValue name 1:1"]);
});

test("names that are numbers or words of YAML 1.1 are names", (t) => {
  const text =
    "modules:\n  - { name: n, type: on, group: 1.0 }\n  - { name: 2, type: yes, group: 1.0, depends_on: n }\n";
  const { modules } = manifestOf(text).spec;
  t.deepEqual(modules, [
    { name: "n", type: "on", group: "1-0" },
    { name: "2", type: "yes", group: "1-0", dependsOn: ["n"] },
  ]);
});

test("groups whose names Kubernetes refuses get others, all different, and it is said", (t) => {
  const result = read(
    "modules:\n  - { name: A, type: t, group: g_1 }\n  - { name: B, type: t, group: g-1, depends_on: [A] }\n  - { name: C, type: t, group: G 1, depends_on: [B] }\n",
  );
  if (!result.ok) throw new Error("refused");
  t.deepEqual(
    result.manifest.spec.modules.map(({ group }) => group),
    ["g-1-2", "g-1", "g-1-3"],
  );
  t.deepEqual(
    result.warnings.map(({ code, message }) => `${code} ${message}`),
    ['RenamedGroup The group "g_1" is called "g-1-2" here.', 'RenamedGroup The group "G 1" is called "g-1-3" here.'],
  );
});

test("parameters, shared parameters and exposed names are passed on", (t) => {
  const text = `${PAIR.replace("depends_on: [A]", "depends_on: [A], parameters: { a: [1, null] }, expose: b")}shared_parameters: { folder: data }\n`;
  const result = read(text, { context: { user: "u" } });
  if (!result.ok) throw new Error("refused");
  t.is(result.format, "magda");
  t.deepEqual(result.sharedParameters, { folder: "data" });
  t.deepEqual(result.context, { user: "u" });
  t.deepEqual(result.manifest.spec.modules[1], {
    name: "B",
    type: "t",
    group: "g2",
    dependsOn: ["A"],
    parameters: { a: [1, null] },
    expose: "b",
  });
  const revision = compileRevision(result.manifest, { namespace: "local" });
  t.deepEqual([revision.sharedParameters, revision.context], [{ folder: "data" }, { user: "u" }]);
});

test("problems carry the paths of the file as it is written", (t) => {
  const text = `${PAIR.replace("[A]", "[X]").replace("group: g1", "expose: 12, colour: red, group: g1")}groups:
  - name: g1
    replicas: 2
    options: { num_gpu: 1, num_cpus: many, max_concurrency: 0 }
`;
  t.deepEqual(problems(text), [
    "InvalidValue modules[0].expose 2:33",
    "UnknownField modules[0].colour 2:37",
    "UnknownDependency modules[1].depends_on[0] 3:49",
    "UnknownField groups[0].replicas 6:5",
    "UnknownField groups[0].options.num_gpu 7:16",
    "InvalidQuantity groups[0].options.num_cpus 7:38",
    "InvalidValue groups[0].options.max_concurrency 7:61",
  ]);
});

test("options of Ray without a meaning here, and keys that nobody reads, are warned of", (t) => {
  const result = read(
    `${PAIR}extra: 1\ngroups:\n  - name: g1\n    options: { max_restarts: -1, resources: { a: 1 } }\n`,
  );
  if (!result.ok) throw new Error("refused");
  t.deepEqual(
    result.warnings.map(({ code, path, line, column }) => `${code} ${path} ${String(line)}:${String(column)}`),
    [
      "IgnoredField extra 4:1",
      "IgnoredOption groups[0].options.max_restarts 7:16",
      "IgnoredOption groups[0].options.resources 7:34",
    ],
  );
});

test("a word that MAGDA takes for a boolean is warned of", (t) => {
  const result = read(PAIR.replace("group: g1", 'group: g1, parameters: { a: yes, b: "no", c: true }'));
  if (!result.ok) throw new Error("refused");
  t.deepEqual(
    result.warnings.map(({ code, path, hint }) => [code, path, hint]),
    [
      [
        "TextLooksBoolean",
        "modules[0].parameters.a",
        'Write true if you mean the boolean, or "yes" if you mean the text.',
      ],
    ],
  );
});
