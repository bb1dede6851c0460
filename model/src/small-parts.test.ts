import { createHash } from "node:crypto";
import test from "ava";
import { canonicalJson, shortHash } from "./canonical-json.ts";
import { toDnsLabel } from "./dns-label.ts";
import { didYouMean, nearest } from "./nearest.ts";
import { itemPath, keyPath, parentPath } from "./path.ts";
import { parseQuantity } from "./quantity.ts";
import { manifestJsonSchema } from "./schema/json-schema.ts";

test("quantities are those of Kubernetes", (t) => {
  const amounts: readonly [unknown, number | null][] = [
    [4, 4],
    [0, 0],
    ["4", 4],
    ["0.5", 0.5],
    [".5", 0.5],
    ["500m", 0.5],
    ["100n", 1e-7],
    ["2Gi", 2 ** 31],
    ["1.5Gi", 1.5 * 2 ** 30],
    ["1k", 1000],
    ["1M", 1e6],
    ["1e3", 1000],
    ["1E3", 1000],
    ["1E", 1e18],
    ["5.", 5],
    [0.5, null],
    [-1, null],
    ["-1", null],
    ["", null],
    ["2 Gi", null],
    ["2gi", null],
    ["x", null],
    [null, null],
    [true, null],
    ["1e999", null],
    [2 ** 60, null],
  ];
  for (const [quantity, amount] of amounts) t.is(parseQuantity(quantity), amount, String(quantity));
});

test("the nearest name is near", (t) => {
  const names = ["dependsOn", "parameters", "expose", "group"];
  const cases: readonly [string, string | null][] = [
    ["depends_on", "dependsOn"],
    ["DEPENDSON", "dependsOn"],
    ["paramters", "parameters"],
    ["gruop", "group"],
    ["exposed", "expose"],
    ["zzz", null],
    ["x", null],
    ["group", null],
  ];
  for (const [word, found] of cases) t.is(nearest(word, names), found, word);
  t.is(nearest("a", ["A"]), "A");
  t.is(didYouMean("gruop", names), 'Did you mean "group"? ');
  t.is(didYouMean("zzz", names), "");
});

test("canonical JSON sorts keys at every depth, and only keys", (t) => {
  t.is(
    canonicalJson({ b: [{ d: 1, c: 2 }, "z", "a"], a: undefined, A: null }),
    '{"A":null,"b":[{"c":2,"d":1},"z","a"]}',
  );
  t.is(shortHash({ b: 1, a: 2 }), createHash("sha256").update('{"a":2,"b":1}').digest("hex").slice(0, 12));
});

test("paths are built and taken apart step by step", (t) => {
  const path = keyPath(keyPath(itemPath(keyPath("spec", "modules"), 2), "odd key.x"), "b");
  t.is(path, 'spec.modules[2]["odd key.x"].b');
  const steps = [];
  for (let at: string | null = path; at !== null; at = parentPath(at)) steps.push(at);
  t.deepEqual(steps, [path, 'spec.modules[2]["odd key.x"]', "spec.modules[2]", "spec.modules", "spec", ""]);
});

test("names become DNS labels where that is possible", (t) => {
  const labels: readonly [string, string | null][] = [
    ["Grüße an Alle", "gru-e-an-alle"],
    ["a--b_", "a-b"],
    ["__", null],
    ["x".repeat(60), "x".repeat(40)],
    ["ok-1", "ok-1"],
  ];
  for (const [name, label] of labels) t.is(toDnsLabel(name), label, name);
});

test("the JSON Schema knows fields, required ones, and quantities", (t) => {
  const schema = JSON.stringify(manifestJsonSchema("Pipeline"));
  t.true(schema.includes('"required":["name","type","group"]'));
  t.true(schema.includes('"dependsOn":{"description":"Modules whose results'));
  t.is(manifestJsonSchema("Group")["title"], "Group");
});
