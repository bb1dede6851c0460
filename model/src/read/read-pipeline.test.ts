import test from "ava";
import { checkGroupsFile } from "./read-groups.ts";
import { readPipeline, type ReadPipeline } from "./read-pipeline.ts";

const PIPELINE = `apiVersion: troupe.dev/v1alpha1
kind: Pipeline
metadata: { name: film }
spec:
  source: { configMap: film-modules }
  modules:
    - { name: A, type: example-module, group: g1 }
    - { name: B, type: long-running-module, group: g2, dependsOn: [A], parameters: { seconds: 5 } }
    - { name: C, type: example-module, group: g3, dependsOn: [B], expose: true }
  groups:
    - { name: g2, replicas: 3, resources: { cpu: "4", memory: 2Gi, gpu: 1 } }
  jobs: { timeoutSeconds: 600, queueTimeoutSeconds: 3600, maxAttempts: 3, backoff: { initialSeconds: 1, maxSeconds: 30 }, maxInFlight: 1000, keepResultsSeconds: 86400 }
  suspend: false
`;

function accepted(text: string): ReadPipeline {
  const result = readPipeline(text, { file: "film.yaml" });
  if (!result.ok) throw new Error(result.problems.map(({ message }) => message).join("\n"));
  return result;
}

function found(text: string): string[] {
  const result = readPipeline(text, { file: "film.yaml" });
  return result.ok
    ? []
    : result.problems.map((p) => `${p.code} ${String(p.line)}:${String(p.column)} ${p.message} ${p.hint}`);
}

test("a complete manifest is read as it stands", (t) => {
  const result = accepted(PIPELINE);
  t.is(result.format, "troupe");
  t.deepEqual(result.warnings, []);
  t.is(result.context, null);
  t.deepEqual(result.manifest.spec.groups, [
    { name: "g2", replicas: 3, resources: { cpu: "4", memory: "2Gi", gpu: 1 } },
  ]);
});

test("JSON is read too, and gives the same manifest", (t) => {
  const { manifest } = accepted(PIPELINE);
  t.deepEqual(accepted(JSON.stringify(manifest)).manifest, manifest);
  t.deepEqual(accepted(JSON.stringify(manifest, null, "\t")).manifest, manifest);
});

test("a file may hold Groups, ConfigMaps and documents for others, in any order and as a List", (t) => {
  const group =
    "apiVersion: troupe.dev/v1alpha1\nkind: Group\nmetadata: { name: tuned }\nspec: { pipelineRef: { name: film }, group: g1, replicas: 0 }\n";
  const configMap = "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: film-modules }\ndata: { a.ts: code }\n";
  const other = "apiVersion: v1\nkind: Namespace\nmetadata: { name: x }\n";
  const result = accepted([configMap, other, group, PIPELINE, "\n"].join("---\n"));
  t.deepEqual(
    result.groups.map(({ spec }) => spec),
    [{ pipelineRef: { name: "film" }, group: "g1", replicas: 0 }],
  );
  t.deepEqual(result.configMaps, [{ name: "film-modules", data: { "a.ts": "code" } }]);
  const list = { apiVersion: "v1", kind: "List", items: [result.manifest, ...result.groups] };
  t.deepEqual(accepted(JSON.stringify(list)).groups, result.groups);
});

test("a Group of another pipeline is warned of, a free-standing one is not", (t) => {
  const group = (spec: string): string =>
    `---\napiVersion: troupe.dev/v1alpha1\nkind: Group\nmetadata: { name: pool }\nspec: ${spec}\n`;
  const result = accepted(
    PIPELINE + group("{ pipelineRef: { name: films }, group: g1 }") + group("{ source: { image: x } }"),
  );
  t.is(result.groups.length, 2);
  t.deepEqual(
    result.warnings.map(({ code, hint, line, column }) => [code, hint, line, column]),
    [["IgnoredDocument", 'It has no effect on "film". Did you mean "film"?', 18, 30]],
  );
});

test("anchors, aliases and merge keys are followed; keys of the mapping itself win", (t) => {
  const text = `x: &base { type: t, group: g }
modules:
  - { <<: *base, name: A }
  - name: B
    <<: [*base, { group: h, expose: true }]
    type: u
    depends_on: [A]
`;
  t.deepEqual(accepted(text).manifest.spec.modules, [
    { name: "A", type: "t", group: "g" },
    { name: "B", type: "u", group: "g", dependsOn: ["A"], expose: true },
  ]);
});

test("names such as n, on and yes survive", (t) => {
  const { manifest } = accepted(
    PIPELINE.replace("name: A", "name: n")
      .replace("[A]", "[n]")
      .replaceAll("C,", "on,")
      .replaceAll("name: B", "name: yes")
      .replace("[B]", "[yes]"),
  );
  t.deepEqual(
    manifest.spec.modules.map(({ name }) => name),
    ["n", "yes", "on"],
  );
});

test("what kubectl would read differently is noted", (t) => {
  const { warnings } = accepted(
    PIPELINE.replace("name: A", "name: n")
      .replace("[A]", "[n]")
      .replace("seconds: 5", 'a: 010, b: 1_000, c: 0b11, d: on, e: "on", f: 0x1F, g: 007, h: -1_0.5, i: _1, j: 0o10'),
  );
  t.deepEqual(
    warnings.map(({ code, message, hint }) => `${code} ${message} ${hint}`),
    [
      'AmbiguousYaml n is read as a text, but kubectl takes it for false. Put it in quotes: "n".',
      'AmbiguousYaml n is read as a text, but kubectl takes it for false. Put it in quotes: "n".',
      'AmbiguousYaml 010 is read as 10, but kubectl takes it for 8. Write 10 for the number, or "010" for the text.',
      'AmbiguousYaml 1_000 is read as a text, but kubectl takes it for 1000. Put it in quotes: "1_000".',
      'AmbiguousYaml 0b11 is read as a text, but kubectl takes it for 3. Put it in quotes: "0b11".',
      'AmbiguousYaml on is read as a text, but kubectl takes it for true. Put it in quotes: "on".',
      'AmbiguousYaml -1_0.5 is read as a text, but kubectl takes it for -10.5. Put it in quotes: "-1_0.5".',
    ],
  );
});

test("a file of Groups alone is checked without a pipeline", (t) => {
  const group =
    "apiVersion: troupe.dev/v1alpha1\nkind: Group\nmetadata: { name: pool }\nspec: { replicas: -1, source: {} }\n";
  const problems = checkGroupsFile(group, "pool.yaml")?.problems ?? [];
  t.deepEqual(
    problems.map(({ code, path, line, column, file }) => [code, path, `${String(line)}:${String(column)}`, file]),
    [
      ["InvalidValue", "Group/pool.spec.replicas", "4:19", "pool.yaml"],
      ["MissingField", "Group/pool.spec.source", "4:23", "pool.yaml"],
    ],
  );
  t.is(checkGroupsFile(PIPELINE, "p.yaml"), null);
  t.is(checkGroupsFile("", "p.yaml"), null);
});

test("a key __proto__ is a key like others", (t) => {
  const { manifest } = accepted(PIPELINE.replace("seconds: 5", "__proto__: { polluted: true }"));
  const parameters = manifest.spec.modules[1]?.parameters ?? {};
  t.deepEqual(Object.keys(parameters), ["__proto__"]);
  t.is(Object.getPrototypeOf(parameters), Object.prototype);
});

test("empty fields count as absent, but parameters keep their nulls", (t) => {
  const text = PIPELINE.replace("suspend: false", "suspend:").replace("seconds: 5", "seconds: null");
  const { spec } = accepted(text).manifest;
  t.false("suspend" in spec);
  t.deepEqual(spec.modules[1]?.parameters, { seconds: null });
});

const REFUSED: readonly [what: string, text: string, expected: readonly RegExp[]][] = [
  ["an empty file", "", [/^EmptyFile 1:1 film.yaml is empty/]],
  ["an open bracket", "modules: [\n", [/^InvalidYaml \d+:\d+ The text is no valid YAML/]],
  ["a colon in a plain text", "modules:\n  - name: a: b\n", [/^InvalidYaml 2:\d+/]],
  ["an unknown alias", "modules: *all\n", [/^InvalidYaml 1:10 There is no anchor &all/, /^MissingField .*"modules"/]],
  [
    "an alias within what it names",
    PIPELINE.replace("{ seconds: 5 }", "&a { b: *a }"),
    [/^InvalidYaml 8:\d+ The alias \*a stands inside/],
  ],
  [
    "an unknown tag",
    PIPELINE.replace("seconds: 5", "seconds: !!python/object:x 5"),
    [/^InvalidYaml 8:\d+ The tag !!python/],
  ],
  [
    "a number that JSON lacks",
    PIPELINE.replace("seconds: 5", "seconds: .nan"),
    [/^InvalidValue 8:95 .nan is no number/],
  ],
  [
    "a number that would lose digits",
    PIPELINE.replace("seconds: 5", "seconds: 12345678901234567890"),
    [/^InvalidValue 8:95 .* too large .*"12345678901234567890"/],
  ],
  [
    "a text instead of a mapping",
    "just a text\n",
    [/^InvalidValue 1:1 A document must be a mapping/, /^MissingPipeline 1:1/],
  ],
  [
    "a misspelt kind",
    PIPELINE.replace("kind: Pipeline", "kind: Pipelin"),
    [/^MissingPipeline/, /^InvalidValue 2:7 Pipelin is no kind .* Did you mean "Pipeline"/],
  ],
  [
    "another version",
    PIPELINE.replace("v1alpha1", "v9"),
    [/^InvalidValue 1:13 "troupe.dev\/v9" is not known here. Write "troupe.dev\/v1alpha1"/],
  ],
];

for (const [what, text, expected] of REFUSED) {
  test(`refuses ${what}`, (t) => {
    const problems = found(text);
    t.is(problems.length, expected.length, problems.join("\n"));
    expected.forEach((pattern, index) => {
      t.regex(problems[index] ?? "", pattern);
    });
  });
}

test("aliases that multiply beyond measure are refused", (t) => {
  const levels = Array.from(
    { length: 12 },
    (_, level) =>
      `l${String(level + 1)}: &l${String(level + 1)} [${Array(8)
        .fill(`*l${String(level)}`)
        .join(", ")}]`,
  );
  t.deepEqual(
    found(`l0: &l0 x\n${levels.join("\n")}\nmodules: []\n`).map((problem) => problem.slice(0, 15)),
    ["InvalidYaml 1:1"],
  );
});

test("all problems of all kinds are told at once, in the order of the text", (t) => {
  const text = PIPELINE.replace("[A]", "[X]")
    .replace("suspend", "suspended")
    .replace("name: film }", "name: Film }")
    .replace("gpu: 1", "gpu: 0.5")
    .replace("seconds: 5", "seconds: 5, seconds: 6");
  t.deepEqual(
    found(text).map((problem) => problem.split(" ").slice(0, 2).join(" ")),
    ["InvalidName 3:19", "UnknownDependency 8:68", "DuplicateKey 8:98", "InvalidQuantity 11:73", "UnknownField 13:3"],
  );
});

test("any text is answered, never with an exception", (t) => {
  const pieces = [
    "modules:",
    "\n",
    "  ",
    "- ",
    "name: A",
    "{",
    "}",
    "[",
    "]",
    "&a ",
    "*a",
    "<<: ",
    "${X}",
    "!!int ",
    "|",
    "'",
    '"',
    "#",
    "kind: Pipeline",
    "spec:",
    "? ",
    "---",
    "\t",
    "null",
    "0.5",
    "\u0000",
  ];
  let seed = 7;
  const next = (below: number): number => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return seed % below;
  };
  for (let round = 0; round < 3000; round += 1) {
    const text = Array.from({ length: next(24) }, () => pieces[next(pieces.length)]).join("");
    const result = readPipeline(text, { file: "f" });
    t.true(result.ok || result.problems.length > 0, text);
  }
});
