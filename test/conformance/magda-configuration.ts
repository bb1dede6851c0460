/** MAGDA's configuration files, and how results are chosen among. */
import { InvalidPipelineError } from "@troupe/sdk";
import test from "ava";
import { articleOf, pipelineFrom, pipelineOf, refusalOf } from "./pipelines.ts";
import type { MakeSystem } from "./system.ts";

const CONFIGURED = `
name: \${title}
modules:
  - name: A
    type: facts
    expose: \${answer}
    parameters: { file: "predictions-f\${size}-s\${stride}", wanted: \${size} }
  - name: B
    type: facts
    depends_on: [A]
    expose: true
  - name: C
    type: label
    depends_on: [B]
    expose: false
shared_parameters:
  folder: /data
  size: \${size}
`;

export function describeConfiguration(name: string, makeSystem: MakeSystem): void {
  test.serial(`${name}: a configuration says names, parameters, shared parameters and what is exposed`, async (t) => {
    const set = { title: "Ki 67", answer: "first", size: "512", stride: "64" };
    const pipeline = await pipelineFrom(CONFIGURED, { set });
    t.is(pipeline.name, "ki-67");
    await using system = await makeSystem(pipeline);
    const { first, B, ...others } = await system.client.run("R1");
    t.deepEqual(others, {});
    const shared = { sharedParameters: { folder: "/data", size: 512 } };
    t.like(first, { module: "A", parameters: { file: "predictions-f512-s64", wanted: 512 }, ...shared });
    t.like(B, { module: "B", parameters: {}, ...shared });
  });

  test.serial(`${name}: parents' results are chosen by name, exposed name, type, interface and class`, async (t) => {
    const pipeline = pipelineOf("select")
      .addModule("A", "gives-image", { group: "g1", expose: "picture" })
      .addModule("B", "gives-image", { group: "g2" })
      .addModule("C", "gives-text", { group: "g3" })
      .addModule("S", "select", { group: "g4", dependsOn: ["A", "B", "C"], expose: true });
    await using system = await makeSystem(pipeline);
    const { S } = await system.client.run(null);
    t.like(S, {
      name: "image of B",
      expose: "image of A",
      type: "text of C",
      interface: ["image of A", "image of B"],
      class: ["image of A", "image of B"],
      has: [true, false, true],
      size: 3,
    });
    const { several, none } = S as { several: string; none: string };
    t.regex(several, /ResultSelectionError: "image" is the result of several parents \(A, B\)/);
    t.regex(none, /ResultSelectionError: No parent has a result "nobody".*A \(gives-image\)/);
  });

  test.serial(`${name}: the articles' files are accepted as they stand`, async (t) => {
    for (const [file, groups] of [
      ["simple.yml", ["g1", "g2", "g3"]],
      ["resources.yml", ["g1", "g2", "g3"]],
      ["actor-pool.yml", ["g1", "g2", "g3"]],
    ] as const) {
      const pipeline = await articleOf(file);
      t.deepEqual(pipeline.validate(), [], file);
      const { modules } = pipeline.toManifest().spec;
      t.deepEqual([...new Set(modules.map(({ group }) => group))], groups);
      t.is(pipeline.name, file.replace(".yml", ""), "the file's name, since it says none");
    }
  });

  test.serial(`${name}: what a configuration cannot say is refused`, async (t) => {
    const refused = async (text: string): Promise<string> =>
      refusalOf(await t.throwsAsync(pipelineFrom(text), { instanceOf: InvalidPipelineError }));
    const module = "{ name: A, type: label }";
    t.regex(await refused("modules: [{ name: A, type: label, expose: 12 }]"), /InvalidValue: .*expose/);
    t.regex(await refused(`name: [a, b]\nmodules: [${module}]`), /InvalidValue: The name of a pipeline must be/);
    t.regex(await refused("modules: [{ name: A, type: label, expose: ${answer} }]"), /MissingPlaceholder: .*answer/);
    t.regex(await refused("name: nothing"), /MissingPipeline: /);
    t.regex(await refused("modules: [{ name: A, type: label, depends_on: [Z] }]"), /UnknownDependency: .*"Z"/);
  });
}
