import { ONLY_GROUP } from "@troupe/model";
import test from "ava";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defineModule, Module, registrationOf } from "../define/index.ts";
import { InvalidPipelineError, StartedInHostError, StartError } from "./errors.ts";
import { moduleFilesOf } from "./module-files.ts";
import { isPipeline, Pipeline } from "./pipeline.ts";

class Upper extends Module {
  static override type = "upper";
  run(): string {
    return "";
  }
}

class Nameless extends Module {
  run(): number {
    return 1;
  }
}

const Count = defineModule("count", () => 1);

test("a builder's manifest is what kubectl would take", (t) => {
  const pipeline = new Pipeline("film", { jobs: { maxAttempts: 1 }, context: { a: 1 } })
    .addGroup({ name: "g2", replicas: 3, cpu: "4", gpu: 0.5, concurrency: 2 })
    .addModule("A", Upper, { group: "g1" })
    .addModule("B", Count, { group: "g2", dependsOn: "A", parameters: { seconds: 5 } })
    .addModule("C", "count", { dependsOn: ["A", "B"], expose: "result", estimateSeconds: 1 });
  t.deepEqual(pipeline.toManifest(), {
    apiVersion: "troupe.dev/v1alpha1",
    kind: "Pipeline",
    metadata: { name: "film" },
    spec: {
      jobs: { maxAttempts: 1 },
      context: { a: 1 },
      modules: [
        { name: "A", type: "upper", group: "g1" },
        { name: "B", type: "count", group: "g2", dependsOn: ["A"], parameters: { seconds: 5 } },
        { name: "C", type: "count", group: ONLY_GROUP, dependsOn: ["A", "B"], expose: "result", estimateSeconds: 1 },
      ],
      groups: [{ name: "g2", replicas: 3, concurrency: 2, resources: { cpu: "4", gpu: "0.5" } }],
    },
  });
  t.true(isPipeline(pipeline));
  t.false(isPipeline({ name: "film" }));
});

test("a class with a type of its own is registered where it is added; one without a type is refused", (t) => {
  new Pipeline("p").addModule("A", Upper);
  t.is(registrationOf("upper")?.file, import.meta.filename);
  t.throws(() => new Pipeline("p").addModule("A", Nameless), {
    name: "RegistrationError",
    message: /Nameless is registered under no type/,
  });
});

test("the compiler knows the names of earlier modules", (t) => {
  const chained = new Pipeline("p").addModule("A", Upper, { expose: true });
  // @ts-expect-error there is no module "X" to depend on
  const wrong = chained.addModule("B", Count, { dependsOn: "X" });
  t.true(wrong.validate().some(({ code }) => code === "UnknownDependency"));
  const loop = new Pipeline<string>("p");
  for (const name of ["A", "B"]) loop.addModule(name, Upper, { dependsOn: name === "B" ? ["A"] : [] });
  t.is(loop.toManifest().spec.modules.length, 2);
  const typed = async (): Promise<string> => (await chained.run(1)).A;
  t.is(typeof typed, "function");
});

test("a cycle between groups is found before anything runs", (t) => {
  const problems = new Pipeline<string>("p")
    .addModule("A", Upper, { group: "g1" })
    .addModule("B", Upper, { group: "g2", dependsOn: "A" })
    .addModule("C", Upper, { group: "g1", dependsOn: "B" })
    .validate();
  t.deepEqual(
    problems.map(({ code }) => code),
    ["GroupCycle"],
  );
});

test("module files are those that registered the classes, unless others are named", async (t) => {
  const pipeline = new Pipeline("p").addModule("A", Upper).addModule("B", Count, { dependsOn: "A" });
  t.deepEqual((await moduleFilesOf(pipeline.draft)).files, [import.meta.filename]);
  const named = new Pipeline("p", { modules: "/somewhere/modules" }).addModule("A", "unheard-of");
  t.deepEqual((await moduleFilesOf(named.draft)).files, ["/somewhere/modules"]);
  const unknown = new Pipeline("p").addModule("A", "unheard-of");
  await t.throwsAsync(moduleFilesOf(unknown.draft), {
    instanceOf: StartError,
    message: /no file is known that registers "unheard-of"/,
  });
});

test.serial("inside a host nothing is started, and the error says how to guard the file", async (t) => {
  const pipeline = new Pipeline("film").addModule("A", Upper);
  Reflect.set(globalThis, Symbol.for("troupe.host"), true);
  try {
    await t.throwsAsync(pipeline.start(), {
      instanceOf: StartedInHostError,
      message: /"film": start\(\) .*import\.meta\.main/,
    });
    await t.throwsAsync(pipeline.run(1), { instanceOf: StartedInHostError });
  } finally {
    Reflect.deleteProperty(globalThis, Symbol.for("troupe.host"));
  }
});

test("a file is read with its placeholders, its context and the modules in its ConfigMap", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "troupe-test-"));
  const file = join(folder, "film.yaml");
  await writeFile(file, FILE);
  const pipeline = await Pipeline.fromFile(file, { set: { SECONDS: "5" }, context: { mine: true } });
  t.is(pipeline.name, "film");
  t.deepEqual(pipeline.toManifest().spec.modules[0]?.parameters, { seconds: 5 });
  t.deepEqual(pipeline.toManifest().spec.context, { mine: true });
  const modules = await moduleFilesOf(pipeline.draft);
  t.is(modules.files.length, 1);
  await modules.release();
  const broken = await t.throwsAsync(Pipeline.fromFile(file), { instanceOf: InvalidPipelineError });
  t.regex(broken.message, /SECONDS/);
  await t.throwsAsync(Pipeline.fromFile(join(folder, "no.yaml")), {
    instanceOf: StartError,
    message: /There is no file .*no\.yaml/,
  });
  await rm(folder, { recursive: true });
});

test("closing what never ran does nothing, as often as one likes", async (t) => {
  const pipeline = new Pipeline("p").addModule("A", Upper);
  await pipeline.close();
  await pipeline.close();
  t.pass();
});

const FILE = `
apiVersion: troupe.dev/v1alpha1
kind: Pipeline
metadata: { name: film }
spec:
  source: { configMap: film-modules }
  modules:
    - { name: A, type: upper, group: g1, parameters: { seconds: \${SECONDS} } }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: film-modules }
data:
  upper.ts: |
    export const nothing = 1;
`;
