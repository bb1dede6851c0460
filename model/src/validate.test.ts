import test from "ava";
import { validateGroup, validateManifest } from "./validate.ts";

interface Module {
  readonly name: string;
  readonly type: string;
  readonly group: string;
  readonly [field: string]: unknown;
}

function manifest(modules: readonly Module[], spec: object = {}): object {
  return { apiVersion: "troupe.dev/v1alpha1", kind: "Pipeline", metadata: { name: "p" }, spec: { modules, ...spec } };
}

function chain(length: number, more: (index: number) => object = () => ({})): Module[] {
  return Array.from({ length }, (_, index) => ({
    name: `m${String(index)}`,
    type: "t",
    group: "g",
    dependsOn: index === 0 ? [] : [`m${String(index - 1)}`],
    ...more(index),
  }));
}

function codes(value: unknown): string[] {
  return validateManifest(value).map(({ code, path }) => `${code} ${path}`);
}

test("the largest pipeline that is allowed is accepted", (t) => {
  const last128 = chain(128, (index) => ({ group: `g${String(index % 64)}`, dependsOn: [] }));
  const modules = last128.map((module, index) => ({
    ...module,
    group: `g${String(Math.floor(index / 2))}`,
    dependsOn: Array.from({ length: Math.min(16, index) }, (_, back) => `m${String(index - back - 1)}`),
  }));
  t.deepEqual(codes(manifest(modules)), []);
});

test("parameters are counted in bytes, all together, and the largest is named", (t) => {
  const modules = (size: number): Module[] =>
    chain(2, (index) => ({ parameters: { text: "é".repeat(index === 1 ? size : 1) } }));
  // {"text":"é"} takes 13 bytes, and so 11 + 2n.
  const room = 256 * 1024 - 13 - 11;
  t.deepEqual(codes(manifest(modules(room / 2))), []);
  t.deepEqual(codes(manifest(modules(room / 2 + 1))), ["ParametersTooLarge spec.modules[1].parameters"]);
  t.deepEqual(codes(manifest(modules(room / 2), { sharedParameters: {} })), [
    "ParametersTooLarge spec.modules[1].parameters",
  ]);
});

test("anything at all can be validated", (t) => {
  for (const value of [
    undefined,
    null,
    1,
    "x",
    [],
    {},
    { spec: 1 },
    { spec: { modules: {} } },
    { spec: { modules: [1, null, []] } },
  ]) {
    t.not(validateManifest(value).length, 0);
  }
  t.deepEqual(codes(manifest(chain(1), { modules: [1] })), ["InvalidValue spec.modules[0]"]);
});

test("values that JSON cannot carry are refused where they are", (t) => {
  const ring: Record<string, unknown> = {};
  ring["self"] = ring;
  const parameters = [{ a: { b: () => 1 } }, { a: [1, Number.NaN] }, { a: new Date(0) }, ring];
  const modules = chain(4, (index) => ({ parameters: parameters[index] }));
  t.deepEqual(codes(manifest(modules)), [
    "InvalidValue spec.modules[0].parameters.a.b",
    "InvalidValue spec.modules[1].parameters.a[1]",
    "InvalidValue spec.modules[2].parameters.a",
    "InvalidValue spec.modules[3].parameters.self",
  ]);
  t.deepEqual(codes(manifest(chain(1, () => ({ parameters: { a: undefined } })))), []);
});

test("without a text problems have no place, but a path", (t) => {
  const [problem] = validateManifest(manifest(chain(1, () => ({ dependsOn: ["x"] }))), { file: "f.ts" });
  t.like(problem, {
    code: "UnknownDependency",
    path: "spec.modules[0].dependsOn[0]",
    line: null,
    column: null,
    file: "f.ts",
  });
});

test("what the API server adds to a resource is no problem", (t) => {
  const live = {
    ...manifest(chain(1)),
    metadata: { name: "p", namespace: "n", uid: "u", generation: 3, managedFields: [] },
    status: { conditions: [] },
  };
  t.deepEqual(validateManifest(live), []);
});

test("a Group alone is checked by its form", (t) => {
  const group = {
    apiVersion: "troupe.dev/v1alpha1",
    kind: "Group",
    metadata: { name: "g" },
    spec: { replicas: 0, resources: { gpu: 0.5 } },
  };
  t.deepEqual(
    validateGroup(group).map(({ code, path }) => [code, path]),
    [["InvalidQuantity", "spec.resources.gpu"]],
  );
});

test("two knots of modules are two problems", (t) => {
  const modules = chain(6, (index) => ({
    dependsOn: [[1], [0], [1], [4, 2], [3], [4]][index]?.map((parent) => `m${String(parent)}`),
  }));
  t.deepEqual(codes(manifest(modules)), [
    "ModuleCycle spec.modules[0].dependsOn[0]",
    "ModuleCycle spec.modules[3].dependsOn[0]",
  ]);
});
