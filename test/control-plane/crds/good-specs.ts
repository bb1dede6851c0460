/** Random Pipelines and Groups that nothing is wrong with, and that use every field. */
import type { Json } from "@troupe/model";
import type { Dice } from "./dice.ts";
import type { Loose, LooseGroup, LoosePipeline } from "./loose.ts";

const MODULE_NAMES = [
  "n",
  "on",
  "yes",
  "1",
  "null",
  "~",
  "A",
  "load images",
  "Ünïcode",
  "模块",
  "a:b",
  "x.y/z",
  "-",
  "0.5",
  "اسم",
  "e\u0301",
  "👩‍👩‍👧",
  "x".repeat(120),
  "😀".repeat(60),
];
const TYPES = ["example-module", "n", "type with blanks", "Größe", "on", "3", "t".repeat(128), "😀".repeat(64)];

export function goodPipeline(dice: Dice, name: string): LoosePipeline {
  const size = dice.chance(0.03) ? dice.whole(100, 128) : dice.whole(1, 14);
  const names = Array.from({ length: size }, (_, index) => moduleName(dice, index));
  const modules = modulesOf(dice, names);
  const groups = [...new Set(modules.map(({ group }) => group))];
  const aggregating = new Set(modules.flatMap(({ group, aggregate }) => (aggregate === true ? [group] : [])));
  return {
    apiVersion: "troupe.dev/v1alpha1",
    kind: "Pipeline",
    metadata: metadata(dice, name),
    spec: {
      ...dice.maybe(0.7, { source: source(dice) }),
      modules: dice.shuffled(modules),
      ...dice.maybe(0.6, {
        groups: dice.some(groups, 64).map((group) => ({
          name: group,
          ...settings(dice, { least: 1, single: aggregating.has(group) }),
        })),
      }),
      ...dice.maybe(0.5, { jobs: jobs(dice) }),
      ...dice.maybe(0.3, { sharedParameters: parameters(dice) }),
      ...dice.maybe(0.3, { context: anyJson(dice, 2) }),
      ...dice.maybe(0.3, { suspend: dice.chance(0.5) }),
    },
  };
}

export function goodGroup(dice: Dice, name: string): LooseGroup {
  const own = dice.chance(0.5)
    ? { pipelineRef: { name: label(dice, 40) }, group: label(dice, 40) }
    : dice.maybe(0.7, { source: source(dice) });
  return {
    apiVersion: "troupe.dev/v1alpha1",
    kind: "Group",
    metadata: metadata(dice, "group" in own ? `${name}-${label(dice, 30)}-${label(dice, 30)}` : name),
    spec: { ...own, ...settings(dice, { least: 0, single: false }) },
  };
}

function metadata(dice: Dice, name: string): Loose {
  const labels = dice.pick([
    {},
    { app: "film", "example.org/team": "" },
    { ["x".repeat(63)]: "x".repeat(63), [`${"x".repeat(253)}/${"y".repeat(63)}`]: "a.b_c-D" },
  ]);
  const annotations = dice.pick([{}, { "Example.org/Note": "ünï\n😀", note: "" }, { large: "x".repeat(200_000) }]);
  return { name, ...dice.maybe(0.3, { labels }), ...dice.maybe(0.2, { annotations }) };
}

function moduleName(dice: Dice, index: number): string {
  if (dice.chance(0.02)) return `${String(index)}${"é".repeat(128 - String(index).length)}`;
  const name = dice.pick(MODULE_NAMES);
  return index === 0 ? name : `${name} ${String(index)}`;
}

/** Each module depends on some before it, and groups are runs of modules: so neither can form a circle, and all is connected. */
function modulesOf(
  dice: Dice,
  names: readonly string[],
): { group: string; aggregate?: boolean; [field: string]: unknown }[] {
  let group = 0;
  const lastIsAggregate = names.length > 1 && dice.chance(0.25);
  return names.map((name, index) => {
    const aggregate = lastIsAggregate && index === names.length - 1;
    if (index > 0 && group < 63 && (aggregate || dice.chance(0.4))) group += 1;
    const before = names.slice(Math.max(0, index - 40), index);
    const others = index === 0 ? [] : dice.some(before.slice(0, -1), dice.chance(0.1) ? 15 : 3);
    const parents = index === 0 ? [] : dice.shuffled([...others, before.at(-1)]);
    return {
      name,
      type: dice.pick(TYPES),
      group: groupName(group),
      ...(parents.length > 0 || dice.chance(0.2) ? { dependsOn: parents } : {}),
      ...dice.maybe(0.3, { parameters: parameters(dice) }),
      ...dice.maybe(0.4, { expose: dice.pick([true, false, `as ${String(index)}`]) }),
      ...(aggregate ? { aggregate: true } : dice.maybe(0.1, { aggregate: false })),
      ...dice.maybe(0.2, { timeoutSeconds: time(dice) }),
      ...dice.maybe(0.2, { estimateSeconds: dice.pick([0, 0.01, 1, 3600]) }),
    };
  });
}

function groupName(index: number): string {
  return ["n", "on", "g1", "0", "a-b", "x".repeat(40)][index] ?? `group-${String(index)}`;
}

function label(dice: Dice, most: number): string {
  const letters = "abcdefghijklmnopqrstuvwxyz0123456789".split(/(?:)/u);
  const size = dice.chance(0.2) ? most : dice.whole(1, 8);
  return Array.from({ length: size }, (_, at) =>
    at > 0 && at < size - 1 && dice.chance(0.1) ? "-" : dice.pick(letters),
  ).join("");
}

function source(dice: Dice): Loose {
  const configMap = { configMap: dice.pick(["film-modules", "a.b.c", "0"]) };
  const image = { image: dice.pick(["film:1", "registry.example.org:5000/team/film@sha256:0123"]) };
  return dice.pick([configMap, image, { ...configMap, ...image }]);
}

function settings(dice: Dice, of: { readonly least: number; readonly single: boolean }): Loose {
  const scaling = dice.pick(["replicas", "autoscale", "neither"]);
  const replicas = of.single ? 1 : dice.pick([of.least, 1, 2, 10_000]);
  return {
    ...(scaling === "replicas" ? { replicas } : {}),
    ...(scaling === "autoscale" ? { autoscale: autoscale(dice, of.single) } : {}),
    ...dice.maybe(0.3, { concurrency: dice.pick([1, 2, 10_000]) }),
    ...dice.maybe(0.4, { resources: resources(dice) }),
    ...dice.maybe(0.2, { timeoutSeconds: time(dice) }),
    ...dice.maybe(0.2, { graceSeconds: time(dice) }),
    ...dice.maybe(0.2, { drainTimeoutSeconds: time(dice) }),
    ...dice.maybe(0.3, { template: template(dice) }),
  };
}

function autoscale(dice: Dice, single: boolean): Loose {
  const maxReplicas = single ? 1 : dice.pick([1, 3, 10_000]);
  return {
    maxReplicas,
    ...dice.maybe(0.5, { minReplicas: dice.pick([0, 1, maxReplicas]) }),
    ...dice.maybe(0.3, { targetQueued: dice.pick([1, 1_000_000]) }),
    ...dice.maybe(0.3, { idleSeconds: time(dice) }),
  };
}

/** As YAML may have them: numbers, and every way to write a quantity. */
const CPU_CLAIMS = [
  0,
  1,
  64,
  2 ** 53 - 1,
  ..."0.5 500m 2 1e1 .5 1. 100u 1n 0 1E-3 100m 1Ki 1e3 1E+3 5E 00.50 1e-9".split(" "),
];
const MEMORY_CLAIMS = [
  0,
  1_048_576,
  ..."1Mi 2Gi 512M 0.5Gi 1e9 1048576 0 2Ti 1E 1024Ki 1048576.5 1.50Gi 9223372036854775807".split(" "),
];
const GPU_CLAIMS = [0, 1, 8, ..."0.5 1 2 500m 0.25 2.0 0 2000m 1e1 0.333 1Ki 1e3 100m 0.000000001 1.000".split(" ")];

function resources(dice: Dice): Loose {
  return {
    ...dice.maybe(0.6, { cpu: dice.pick(CPU_CLAIMS) }),
    ...dice.maybe(0.6, { memory: dice.pick(MEMORY_CLAIMS) }),
    ...dice.maybe(0.6, { gpu: dice.pick(GPU_CLAIMS) }),
    ...dice.maybe(0.3, { gpuResource: dice.pick(["nvidia.com/gpu", "nvidia.com/mig-1g.5gb", "a.b/C_d.e"]) }),
  };
}

function template(dice: Dice): Loose {
  return {
    ...dice.maybe(0.4, { metadata: { labels: { team: "film" }, annotations: { note: "" } } }),
    spec: {
      ...dice.maybe(0.5, { nodeSelector: { disk: "ssd" } }),
      ...dice.maybe(0.5, {
        containers: [{ name: "troupe", env: [{ name: "HOME", value: "/tmp" }] }, { name: "sidecar" }],
      }),
      ...dice.maybe(0.3, { volumes: [{ name: "data", emptyDir: {} }] }),
    },
  };
}

function jobs(dice: Dice): Loose {
  const initialSeconds = dice.pick([0.1, 1, 30]);
  return {
    ...dice.maybe(0.4, { timeoutSeconds: time(dice) }),
    ...dice.maybe(0.4, { queueTimeoutSeconds: time(dice) }),
    ...dice.maybe(0.4, { maxAttempts: dice.pick([1, 3, 1000]) }),
    ...dice.maybe(0.5, {
      backoff: {
        ...dice.maybe(0.7, { initialSeconds }),
        ...dice.maybe(0.7, { maxSeconds: initialSeconds + dice.whole(0, 9) }),
      },
    }),
    ...dice.maybe(0.4, { maxInFlight: dice.pick([1, 1000, 1_000_000]) }),
    ...dice.maybe(0.4, { keepResultsSeconds: dice.pick([0, 0.5, 86_400, 366 * 86_400]) }),
  };
}

function time(dice: Dice): number {
  return dice.pick([0.001, 0.5, 1, 600, 2_147_483]);
}

function parameters(dice: Dice): Record<string, Json> {
  return Object.fromEntries(
    dice.some(["seconds", "on", "a b", "", "__x", "1"], 3).map((key) => [key, anyJson(dice, 2)]),
  );
}

function anyJson(dice: Dice, depth: number): Json {
  const scalar = (): Json => dice.pick([null, true, false, 0, -1, 0.5, 1e300, "", "n", "text\nof two lines", "ü"]);
  if (depth === 0) return scalar();
  return dice.pick<() => Json>([
    scalar,
    () => Array.from({ length: dice.whole(0, 3) }, () => anyJson(dice, depth - 1)),
    () =>
      Object.fromEntries(
        Array.from({ length: dice.whole(0, 3) }, (_, index) => [`k${String(index)}`, anyJson(dice, depth - 1)]),
      ),
  ])();
}
