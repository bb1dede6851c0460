import test from "ava";
import { validateManifest } from "../validate.ts";

/** What is wrong with the metadata of a pipeline that nothing else is wrong with. */
function foundIn(metadata: object): string[] {
  const spec = { modules: [{ name: "A", type: "t", group: "g" }] };
  const manifest = { apiVersion: "troupe.dev/v1alpha1", kind: "Pipeline", metadata: { name: "p", ...metadata }, spec };
  return validateManifest(manifest).map(({ code, path }) => `${code} ${path}`);
}

const DOMAIN = "x".repeat(253);

test("labels and annotations are right or wrong as the API server has it", (t) => {
  t.deepEqual(foundIn({ labels: { team: null, [`${DOMAIN}/a`]: "b" } }), []);
  t.deepEqual(foundIn({ labels: { [`${DOMAIN}x/a`]: "b" } }), [`InvalidValue metadata.labels.${DOMAIN}x/a`]);
  t.deepEqual(foundIn({ labels: { "Example.org/a": "b" } }), ['InvalidValue metadata.labels["Example.org/a"]']);
  t.deepEqual(foundIn({ annotations: { "Example.org/a": "two\nlines", empty: null } }), []);
  t.deepEqual(foundIn({ annotations: { a: 1 } }), ["InvalidValue metadata.annotations.a"]);
});

test("annotations are counted with their names, in bytes", (t) => {
  const half = 128 * 1024;
  t.deepEqual(foundIn({ annotations: { a: "x".repeat(half - 1), b: "é".repeat(half / 2 - 1) } }), []);
  t.deepEqual(foundIn({ annotations: { a: "x".repeat(half), b: "é".repeat(half / 2) } }), [
    "InvalidValue metadata.annotations",
  ]);
});

test("a name that cannot be read back is none", (t) => {
  for (const name of ["\ud800", "a\udfff", "\ufffd"]) {
    const spec = { modules: [{ name, type: "t", group: "g" }] };
    const manifest = { apiVersion: "troupe.dev/v1alpha1", kind: "Pipeline", metadata: { name: "p" }, spec };
    t.deepEqual(
      validateManifest(manifest).map(({ code, path }) => `${code} ${path}`),
      ["InvalidName spec.modules[0].name"],
    );
  }
});
