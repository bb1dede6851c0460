import test from "ava";
import { load, YAML11_SCHEMA } from "js-yaml";
import type { PipelineManifest } from "./manifest.ts";
import { readPipeline } from "./read/read-pipeline.ts";
import { configMapYaml, toYaml } from "./to-yaml.ts";

const NAMES = ["n", "on", "yes", "null", "~", "1", "1e3", "0x1", "1:30", "<<", "a: b", "- x", "#x", "2001-01-01", "é"];

const MANIFEST: PipelineManifest = {
  apiVersion: "troupe.dev/v1alpha1",
  kind: "Pipeline",
  metadata: { name: "on" },
  spec: {
    modules: NAMES.map((name, index) => ({
      name,
      type: "y",
      group: "no",
      dependsOn: NAMES.slice(Math.max(0, index - 1), index),
      parameters: { [name]: name, text: "a\nb\n", deep: [null, true, 0.5, ""] },
    })),
    groups: [{ name: "no", resources: { gpu: "0.5", cpu: 4 } }],
  },
};

test("what is written is read again, by YAML 1.2 and by 1.1", (t) => {
  const text = toYaml(MANIFEST);
  const result = readPipeline(text, { file: "x.yaml" });
  t.deepEqual(result.ok ? result.manifest : result.problems, MANIFEST);
  t.deepEqual(load(text, { schema: YAML11_SCHEMA }), MANIFEST);
});

test("y and n are in quotes, since some parsers of YAML 1.1 take them for booleans", (t) => {
  t.regex(toYaml(MANIFEST), /name: ["']n["']/);
  t.regex(toYaml(MANIFEST), /type: ["']y["']/);
});

test("module files stay legible in a ConfigMap", (t) => {
  t.is(
    configMapYaml({ name: "code", data: { "a.ts": "export {};\n// x\n" } }),
    "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: code\ndata:\n  a.ts: |\n    export {};\n    // x\n",
  );
});
