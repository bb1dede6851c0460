/** One way to spoil a Group, free-standing or of a pipeline, for every rule that the validator has for it. */
import { isFree, type LooseGroup } from "./loose.ts";
import { both, validator, type Mutation } from "./mutation.ts";

const TIMES = ["timeoutSeconds", "graceSeconds", "drainTimeoutSeconds"] as const;

export const GROUP_MUTATIONS: readonly Mutation<LooseGroup>[] = [
  both("a Group without a spec", "MissingField", (manifest, dice) => {
    (manifest as Record<string, unknown>)["spec"] = dice.chance(0.5) ? undefined : null;
  }),
  both("something else for the spec of a Group", "InvalidValue", (manifest, dice) => {
    (manifest as Record<string, unknown>)["spec"] = dice.pick([[], "x", 1, true]);
  }),
  both("an unknown field of a Group", "UnknownField", (manifest) => {
    manifest["specs"] = {};
  }),
  both("an unknown field of the spec of a Group", "UnknownField", ({ spec }, dice) => {
    spec[dice.pick(["pipeline", "name", "gpus", "Replicas"])] = 1;
  }),
  both("an unknown field of a Group's claim", "UnknownField", ({ spec }) => {
    spec["resources"] = { GPU: 1 };
  }),
  both("an unknown field of a Group's autoscale", "UnknownField", ({ spec }) => {
    Object.assign(spec, { replicas: undefined, autoscale: { maxReplicas: 1, maximum: 2 } });
  }),
  both("a pipeline, but none of its groups", "MissingField", ({ spec }) => {
    Object.assign(spec, { pipelineRef: { name: "film" }, group: undefined, source: undefined });
  }),
  both("a group, but no pipeline that has it", "MissingField", ({ spec }) => {
    Object.assign(spec, { pipelineRef: undefined, group: "g", source: undefined });
  }),
  both("a reference without a name", "MissingField", ({ spec }) => {
    Object.assign(spec, { pipelineRef: {}, group: "g", source: undefined });
  }),
  both("a source of a Group that has a pipeline", "InvalidValue", ({ spec }) => {
    spec["source"] = { image: "film:1" };
    return !isFree(spec);
  }),
  both("a source of a Group that says nothing", "MissingField", ({ spec }) => {
    spec["source"] = {};
    return isFree(spec);
  }),
  both("too long a name of a free-standing Group", "InvalidName", ({ metadata, spec }) => {
    metadata["name"] = "x".repeat(41);
    return isFree(spec);
  }),
  both("too long a name of any Group", "InvalidName", ({ metadata }) => {
    metadata["name"] = "x".repeat(91);
  }),
  both("a name of a Group that is none", "InvalidName", ({ metadata }, dice) => {
    metadata["name"] = dice.pick(["Pool", "pool.one", "-pool", "pool-", "größe", "a_b"]);
  }),
  both("a name of a Group's pipeline or group that is none", "InvalidName", ({ spec }, dice) => {
    const name = dice.pick(["Film", "a.b", "-a", "a-", "", "x".repeat(41), "é"]);
    const [pipeline, group] = dice.chance(0.5) ? [name, "g"] : ["film", name];
    Object.assign(spec, { pipelineRef: { name: pipeline }, group, source: undefined });
  }),
  both("something else for the names that a Group gives", "InvalidValue", ({ spec }, dice) => {
    const name = dice.pick([1, true, [], {}]);
    const [pipeline, group] = dice.chance(0.5) ? [name, "g"] : ["film", name];
    Object.assign(spec, { pipelineRef: { name: pipeline }, group, source: undefined });
  }),
  both("a number of a Group out of range", "InvalidValue", ({ spec }, dice) => {
    const wrong = dice.pick([
      { replicas: dice.pick([-1, 10_001, 1.5, 2 ** 31, 2 ** 53]) },
      { concurrency: dice.pick([0, -1, 10_001, 0.5]) },
      { [dice.pick(TIMES)]: dice.pick([0, -1, -0.001, 2_147_484, 1e300]) },
    ]);
    Object.assign(spec, { autoscale: undefined }, wrong);
  }),
  both("a number of a Group in quotes", "InvalidValue", ({ spec }, dice) => {
    spec[dice.pick([...TIMES, "replicas", "concurrency"])] = dice.pick(["1", "", "x"]);
  }),
  both("a number of autoscale out of range", "InvalidValue", ({ spec }, dice) => {
    const wrong = dice.pick([
      { maxReplicas: dice.pick([0, -1, 10_001, 2.5]) },
      { minReplicas: dice.pick([-1, 0.5]) },
      { targetQueued: dice.pick([0, -1, 1_000_001, 1.5]) },
      { idleSeconds: dice.pick([0, -1, 2_147_484]) },
    ]);
    Object.assign(spec, { replicas: undefined, autoscale: { maxReplicas: 3, ...wrong } });
  }),
  both("autoscale of a Group without its most", "MissingField", ({ spec }) => {
    Object.assign(spec, { replicas: undefined, autoscale: { minReplicas: 1 } });
  }),
  both("bounds of a Group that exclude each other", "InvalidValue", ({ spec }) => {
    Object.assign(spec, { replicas: undefined, autoscale: { minReplicas: 5, maxReplicas: 3 } });
  }),
  both("a number of a Group beside autoscale", "ReplicasWithAutoscale", ({ spec }, dice) => {
    Object.assign(spec, { replicas: dice.pick([0, 1]), autoscale: { maxReplicas: 1 } });
  }),
  both("a fraction of a Group without quotes", "InvalidQuantity", ({ spec }, dice) => {
    spec["resources"] = { [dice.pick(["cpu", "memory", "gpu"])]: 0.5 };
  }),
  both("a claim of a Group that is no quantity", "InvalidQuantity", ({ spec }, dice) => {
    spec["resources"] = {
      [dice.pick(["cpu", "memory", "gpu"])]: dice.pick([-1, "-1", "much", "1 Gi", "1gi", "", true, [], "+1", "1e"]),
    };
  }),
  both("one GPU and a half for a Group", "InvalidQuantity", ({ spec }, dice) => {
    spec["resources"] = { gpu: dice.pick(["1.5", "2500m", "1.000000001"]) };
  }),
  both("memory of a Group without its unit", "InvalidQuantity", ({ spec }, dice) => {
    spec["resources"] = { memory: dice.pick([512, "512", "1000k", "1", "10m", "1Ki"]) };
  }),
  both("a device of a Group that is none", "InvalidValue", ({ spec }, dice) => {
    spec["resources"] = {
      gpu: 1,
      gpuResource: dice.pick(["gpu", "/gpu", "nvidia.com/", "Nvidia.com/gpu", "", "a/b/c"]),
    };
  }),
  both("a ConfigMap of a Group that is none", "InvalidValue", ({ spec }, dice) => {
    spec["source"] = { configMap: dice.pick(["My_Modules", "", "a..b", "x".repeat(254)]) };
    return isFree(spec);
  }),
  both("an overlay that is no mapping", "InvalidValue", ({ spec }, dice) => {
    spec["template"] = dice.pick([[], "x", 1, true]);
  }),
  both("a label of a Group that is none", "InvalidValue", ({ metadata }, dice) => {
    metadata["labels"] = dice.pick([{ "a b": "x" }, { a: "x y" }, { a: true }, { a: "x".repeat(64) }, { "": "x" }]);
  }),
  both("an annotation of a Group that is none", "InvalidValue", ({ metadata }, dice) => {
    metadata["annotations"] = dice.pick([{ "a b": "x" }, { a: 1 }, { a: [] }, { é: "x" }]);
  }),
  validator("a claim of a Group finer than Kubernetes knows", "InvalidQuantity", ({ spec }, dice) => {
    spec["resources"] = { [dice.pick(["cpu", "gpu"])]: dice.pick(["0.0000000001", "1e-10"]) };
  }),
  validator("labels of an overlay that are Troupe's", "TemplateConflict", ({ spec }) => {
    spec["template"] = { metadata: { labels: { "troupe.dev/group": "x" } } };
  }),
  validator("fields of the main container that are Troupe's", "TemplateConflict", ({ spec }, dice) => {
    const field = dice.pick([{ resources: {} }, { securityContext: null }, { livenessProbe: {} }]);
    spec["template"] = { spec: { containers: [{ name: "troupe", ...field }] } };
  }),
  validator("variables and volumes that are Troupe's", "TemplateConflict", ({ spec }, dice) => {
    const [env, mounts] = [[{ name: "TROUPE_X", value: "" }], [{ name: "troupe-code", mountPath: "/x" }]];
    spec["template"] = dice.pick([
      { spec: { initContainers: [{ name: "first", env }] } },
      { spec: { containers: [{ name: "side", volumeMounts: mounts }] } },
      { spec: { volumes: [{ name: "troupe-x" }] } },
    ]);
  }),
];
