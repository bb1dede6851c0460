/** One way to spoil a Pipeline for every rule of the validator, and whether the API server sees it too. */
import { groupOf, groupsOf, jobsOf, modulesOf, textsIn, type LoosePipeline } from "./loose.ts";
import { both, validator, type Mutation } from "./mutation.ts";

export const PIPELINE_MUTATIONS: readonly Mutation<LoosePipeline>[] = [
  both("an unknown field of the manifest", "UnknownField", (manifest) => {
    manifest["kindd"] = 1;
  }),
  both("an unknown field of the metadata", "UnknownField", ({ metadata }) => {
    metadata["lable"] = {};
  }),
  both("an unknown field of the spec", "UnknownField", ({ spec }) => {
    spec["module"] = [];
  }),
  both("an unknown field of a module", "UnknownField", (manifest, dice) => {
    dice.pick(modulesOf(manifest))["depends_on"] = [];
  }),
  both("an unknown field of a group", "UnknownField", (manifest, dice) => {
    groupOf(manifest, dice)["gpus"] = 1;
  }),
  both("an unknown field of a claim", "UnknownField", (manifest, dice) => {
    groupOf(manifest, dice)["resources"] = { GPU: 1 };
  }),
  both("a missing name, type or group", "MissingField", (manifest, dice) => {
    dice.pick(modulesOf(manifest))[dice.pick(["name", "type", "group"])] = undefined;
  }),
  both("no modules field", "MissingField", (manifest) => {
    manifest.spec.modules = undefined;
  }),
  both("no modules", "NoModules", (manifest) => {
    manifest.spec.modules = [];
  }),
  both("autoscale without its most", "MissingField", (manifest, dice) => {
    Object.assign(groupOf(manifest, dice), { replicas: undefined, autoscale: { minReplicas: 1 } });
  }),
  both("a source that says nothing", "MissingField", (manifest) => {
    manifest.spec["source"] = {};
  }),
  both("a word that YAML 1.1 takes for a boolean", "InvalidValue", (manifest, dice) => {
    dice.pick(modulesOf(manifest))[dice.pick(["name", "type", "group"])] = dice.chance(0.5);
  }),
  both("a number for a name", "InvalidValue", (manifest, dice) => {
    dice.pick(modulesOf(manifest))["name"] = 1;
  }),
  both("a number for a dependency", "InvalidValue", (manifest, dice) => {
    dice.pick(modulesOf(manifest))["dependsOn"] = [dice.pick([1, null, true])];
  }),
  both("a number in quotes", "InvalidValue", (manifest) => {
    jobsOf(manifest)["maxAttempts"] = "3";
  }),
  both("a number out of range", "InvalidValue", (manifest, dice) => {
    Object.assign(
      jobsOf(manifest),
      dice.pick([{ maxAttempts: 0 }, { maxInFlight: 0 }, { timeoutSeconds: 0 }, { maxAttempts: 1.5 }]),
    );
  }),
  both("no replicas at all", "InvalidValue", (manifest, dice) => {
    Object.assign(groupOf(manifest, dice), { replicas: 0, autoscale: undefined });
  }),
  both("a time that no timer can wait", "InvalidValue", (manifest, dice) => {
    dice.pick(modulesOf(manifest))["timeoutSeconds"] = 2_147_484;
  }),
  both("pauses that shrink", "InvalidValue", (manifest) => {
    jobsOf(manifest)["backoff"] = { initialSeconds: 9, maxSeconds: 2 };
  }),
  both("bounds that exclude each other", "InvalidValue", (manifest, dice) => {
    Object.assign(groupOf(manifest, dice), { replicas: undefined, autoscale: { minReplicas: 5, maxReplicas: 3 } });
  }),
  both("something else for expose", "InvalidValue", (manifest, dice) => {
    dice.pick(modulesOf(manifest))["expose"] = dice.pick([1, [], {}]);
  }),
  both("a name for expose that is none", "InvalidName", (manifest, dice) => {
    dice.pick(modulesOf(manifest))["expose"] = dice.pick(["", " x", "a\nb"]);
  }),
  both("a name of a ConfigMap that is none", "InvalidValue", (manifest) => {
    manifest.spec["source"] = { configMap: "My_Modules" };
  }),
  both("a label that is none", "InvalidValue", (manifest, dice) => {
    manifest.metadata["labels"] = dice.pick([
      { "a b": "x" },
      { a: "x y" },
      { a: 1 },
      { a: "x".repeat(64) },
      { "/a": "x" },
      { [`${"x".repeat(254)}/a`]: "x" },
      { "Example.org/a": "x" },
    ]);
  }),
  both("an annotation that is none", "InvalidValue", (manifest, dice) => {
    manifest.metadata["annotations"] = dice.pick([
      { "a b": "x" },
      { a: 1 },
      { a: {} },
      { ["x".repeat(64)]: "" },
      { [`${"x".repeat(254)}/a`]: "x" },
    ]);
  }),
  both("more annotations than 256 KiB", "InvalidValue", (manifest) => {
    manifest.metadata["annotations"] = { a: "x".repeat(131_072), b: "é".repeat(65_536) };
  }),
  both("a name of a pipeline that is none", "InvalidName", (manifest, dice) => {
    manifest.metadata["name"] = dice.pick(["Film", "film.one", "-film", "x".repeat(41)]);
  }),
  both("a name of a group that is none", "InvalidName", (manifest, dice) => {
    dice.pick(modulesOf(manifest))["group"] = dice.pick(["My_Group", "a.b", "-", "x".repeat(41), ""]);
  }),
  both("a name of a module that is none", "InvalidName", (manifest, dice) => {
    dice.pick(modulesOf(manifest))["name"] = dice.pick([
      "",
      " a",
      "a ",
      "a\nb",
      "a\u2028b",
      "x".repeat(129),
      "a\u0000",
    ]);
  }),
  both("a fraction without quotes", "InvalidQuantity", (manifest, dice) => {
    groupOf(manifest, dice)["resources"] = { [dice.pick(["cpu", "memory", "gpu"])]: 0.5 };
  }),
  both("what is no quantity", "InvalidQuantity", (manifest, dice) => {
    groupOf(manifest, dice)["resources"] = {
      [dice.pick(["cpu", "gpu"])]: dice.pick([-1, "-1", "much", "1 Gi", "", true, [], "+1"]),
    };
  }),
  both("one GPU and a half", "InvalidQuantity", (manifest, dice) => {
    groupOf(manifest, dice)["resources"] = { gpu: dice.pick(["1.5", "2500m", "1.000000001"]) };
  }),
  both("memory without its unit", "InvalidQuantity", (manifest, dice) => {
    groupOf(manifest, dice)["resources"] = { memory: dice.pick([512, "512", "1000k", "1", "10m"]) };
  }),
  validator("a quantity finer than Kubernetes knows", "InvalidQuantity", (manifest, dice) => {
    groupOf(manifest, dice)["resources"] = { cpu: dice.pick(["0.0000000001", "1e-10"]) };
  }),
  both("names that are one once they have travelled", "InvalidName", (manifest) => {
    const group = "g";
    manifest.spec = {
      modules: [
        { name: "\ud800", type: "t", group },
        { name: "\ud801", type: "t", group, dependsOn: ["\ud800"] },
      ],
    };
  }),
  both("two modules of one name", "DuplicateModule", (manifest, dice) => {
    const modules = modulesOf(manifest);
    modules.push({ ...dice.pick(modules) });
  }),
  both("a group listed twice", "DuplicateGroup", (manifest, dice) => {
    const { name } = groupOf(manifest, dice);
    groupsOf(manifest).push({ name });
  }),
  both("a dependency given twice", "DuplicateDependency", (manifest, dice) => {
    const child = dice.pick(modulesOf(manifest));
    const parents = textsIn(child["dependsOn"]);
    child["dependsOn"] = [...parents, parents[0]];
    return parents.length > 0 && parents.length < 16;
  }),
  both("a dependency on nothing", "UnknownDependency", (manifest, dice) => {
    dice.pick(modulesOf(manifest))["dependsOn"] = ["nobody"];
  }),
  both("a dependency on itself", "SelfDependency", (manifest, dice) => {
    const module = dice.pick(modulesOf(manifest));
    module["dependsOn"] = [module["name"]];
  }),
  both("a circle of modules", "ModuleCycle", (manifest, dice) => {
    const modules = modulesOf(manifest);
    if (modules.length < 2) return false;
    const circle = dice.shuffled(modules).slice(0, dice.whole(2, modules.length));
    circle.forEach((module, index) => {
      module["dependsOn"] = [circle[(index + 1) % circle.length]?.["name"]];
    });
    return true;
  }),
  both("a circle of groups", "GroupCycle", (manifest) => {
    const modules = modulesOf(manifest);
    if (modules.length > 126) return false;
    const name = (index: number): string => `circle ${String(index)}`;
    modules.push({ name: name(0), type: "t", group: "c-0", dependsOn: [modules[0]?.["name"]] });
    modules.push({ name: name(1), type: "t", group: "c-1", dependsOn: [name(0)] });
    modules.push({ name: name(2), type: "t", group: "c-0", dependsOn: [name(1)] });
    return modules.length <= 128;
  }),
  both("a listed group without modules", "EmptyGroup", (manifest) => {
    groupsOf(manifest).push({ name: "nobody-home" });
  }),
  both("two results of one name", "ExposeCollision", (manifest, dice) => {
    const [first, second] = dice.shuffled(modulesOf(manifest));
    if (first === undefined || second === undefined) return false;
    first["expose"] = true;
    second["expose"] = first["name"];
    return true;
  }),
  both("an aggregate in a replicated group", "AggregateNotReplicable", (manifest, dice) => {
    const settings = groupOf(manifest, dice);
    const module = modulesOf(manifest).find((one) => one["group"] === settings["name"]);
    if (module === undefined) return false;
    module["aggregate"] = true;
    Object.assign(
      settings,
      dice.pick([
        { replicas: 2, autoscale: undefined },
        { replicas: undefined, autoscale: { maxReplicas: 2 } },
      ]),
    );
    return true;
  }),
  both("a number beside autoscale", "ReplicasWithAutoscale", (manifest, dice) => {
    Object.assign(groupOf(manifest, dice), { replicas: 1, autoscale: { maxReplicas: 1 } });
  }),
  both("more dependencies than 16", "TooManyDependencies", (manifest, dice) => {
    const modules = modulesOf(manifest);
    if (modules.length < 18) return false;
    const [child, ...others] = dice.shuffled(modules);
    if (child !== undefined) child["dependsOn"] = others.slice(0, 17).map((module) => module["name"]);
    return true;
  }),
  both("more modules than 128", "TooManyModules", (manifest, dice) => {
    const modules = modulesOf(manifest);
    const [first] = modules;
    const count = dice.pick([129, 200]);
    for (let index = modules.length; index < count; index += 1)
      modules.push({ name: `more ${String(index)}`, type: "t", group: first?.["group"], dependsOn: [first?.["name"]] });
  }),
  both("more listed groups than 64", "TooManyGroups", (manifest, dice) => {
    manifest.spec.groups = Array.from({ length: dice.pick([65, 100]) }, (_, index) => ({ name: `g-${String(index)}` }));
  }),
  validator("more groups than 64", "TooManyGroups", (manifest, dice) => {
    const spec = manifest.spec;
    spec.groups = undefined;
    const [first] = modulesOf(manifest);
    spec.modules = [
      { ...first, dependsOn: [] },
      ...Array.from({ length: dice.pick([64, 99, 127]) }, (_, index) => ({
        name: `more ${String(index)}`,
        type: "t",
        group: `more-${String(index)}`,
        dependsOn: [first?.["name"]],
      })),
    ];
  }),
  validator("parameters above 256 KiB", "ParametersTooLarge", (manifest, dice) => {
    dice.pick(modulesOf(manifest))["parameters"] = { text: "x".repeat(256 * 1024) };
  }),
  validator("modules that nothing connects", "DisjointGraph", (manifest) => {
    const modules = modulesOf(manifest);
    if (modules.length > 127) return false;
    modules.push({ name: "alone", type: "t", group: modules[0]?.["group"] });
    return true;
  }),
  validator("regular and aggregated parents", "MixedParents", (manifest) => {
    const modules = modulesOf(manifest);
    if (modules.length > 125) return false;
    const first = modules.find((module) => module["aggregate"] !== true)?.["name"];
    if (first === undefined) return false;
    modules.push({ name: "regular", type: "t", group: "mixed-0", dependsOn: [first] });
    modules.push({ name: "collect", type: "t", group: "mixed-1", dependsOn: [first], aggregate: true });
    modules.push({ name: "both", type: "t", group: "mixed-2", dependsOn: ["regular", "collect"] });
    return true;
  }),
  validator("a template that sets what Troupe sets", "TemplateConflict", (manifest, dice) => {
    groupOf(manifest, dice)["template"] = dice.pick([
      { metadata: { labels: { "troupe.dev/group": "x" } } },
      { spec: { containers: [{ name: "troupe", resources: {} }] } },
      { spec: { containers: [{ name: "side", env: [{ name: "TROUPE_GROUP", value: "x" }] }] } },
      { spec: { volumes: [{ name: "troupe-code" }] } },
    ]);
  }),
];
