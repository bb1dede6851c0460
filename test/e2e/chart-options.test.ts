/** Every option of the chart does what it says: a value, and what stands where because of it. */
import { loadYaml } from "@kubernetes/client-node";
import ava from "ava";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { MANAGED_BY } from "../../operator/src/children/labels.ts";
import { at, CHART, HELM, listAt, rendered, type RenderedChart } from "./support/helm.ts";

const NO_HELM = "there is no helm; hack/cluster/build helm builds one";
const test = HELM === undefined ? ava.skip : ava;

interface Row {
  readonly value: unknown;
  /** Other values that it makes sense with. */
  readonly beside?: Readonly<Record<string, unknown>>;
  /** `Kind name path`. */
  readonly where: readonly string[];
  readonly expected: unknown;
}

const POD = "spec.template.spec";
const OPERATOR = "Deployment t-troupe-operator";
const COORDINATOR = "Deployment t-troupe-coordinator";
const NATS = "StatefulSet t-troupe-nats";
const UNINSTALL = "Job t-troupe-uninstall";
const AFFINITY = { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [] } } };
const TOLERATIONS = [{ key: "a", operator: "Exists" }];
const RESOURCES = { requests: { cpu: "7m", memory: "7Mi" }, limits: { memory: "77Mi" } };

/** What the three components have in common. */
function component(key: string, workload: string): Record<string, Row> {
  return {
    [`${key}.resources`]: {
      value: RESOURCES,
      where: [`${workload} ${POD}.containers.0.resources`],
      expected: RESOURCES,
    },
    [`${key}.podAnnotations`]: {
      value: { note: "x" },
      where: [`${workload} spec.template.metadata.annotations.note`],
      expected: "x",
    },
    [`${key}.podLabels`]: {
      value: { tier: "x" },
      where: [`${workload} spec.template.metadata.labels.tier`],
      expected: "x",
    },
    [`${key}.nodeSelector`]: {
      value: { disk: "fast" },
      where: [`${workload} ${POD}.nodeSelector`],
      expected: { disk: "fast" },
    },
    [`${key}.tolerations`]: { value: TOLERATIONS, where: [`${workload} ${POD}.tolerations`], expected: TOLERATIONS },
    [`${key}.affinity`]: { value: AFFINITY, where: [`${workload} ${POD}.affinity`], expected: AFFINITY },
    [`${key}.priorityClassName`]: {
      value: "high",
      where: [`${workload} ${POD}.priorityClassName`],
      expected: "high",
    },
  };
}

const images = (of: string): readonly string[] => [OPERATOR, COORDINATOR, UNINSTALL].map((each) => `${each} ${of}`);
const env = (name: string): string => `env ${name}`;

const ROWS: Readonly<Record<string, Row>> = {
  ...component("operator", OPERATOR),
  ...component("coordinator", COORDINATOR),
  ...component("nats", NATS),
  nameOverride: {
    value: "stage",
    where: ["Deployment t-stage-operator metadata.labels"],
    expected: expectLike({ "app.kubernetes.io/name": "stage" }),
  },
  fullnameOverride: { value: "stage", where: ["Deployment stage-operator metadata.name"], expected: "stage-operator" },
  "image.registry": {
    value: "mine.example",
    where: images(`${POD}.containers.0.image`),
    expected: /^mine\.example\/control-plane:/,
  },
  "image.tag": { value: "v9", where: images(`${POD}.containers.0.image`), expected: /:v9$/ },
  "image.pullPolicy": { value: "Always", where: images(`${POD}.containers.0.imagePullPolicy`), expected: "Always" },
  "image.pullSecrets": {
    value: ["a", "b"],
    where: [...images(`${POD}.imagePullSecrets`), `${NATS} ${POD}.imagePullSecrets`],
    expected: [{ name: "a" }, { name: "b" }],
  },
  "image.controlPlane.repository": {
    value: "other",
    where: images(`${POD}.containers.0.image`),
    expected: /\/other:/,
  },
  "image.runtime.repository": {
    value: "other",
    where: [`${OPERATOR} ${env("TROUPE_RUNTIME_IMAGE")}`],
    expected: /\/other:/,
  },
  logLevel: {
    value: "debug",
    where: [`${OPERATOR} ${env("TROUPE_LOG_LEVEL")}`, `${COORDINATOR} ${env("TROUPE_LOG_LEVEL")}`],
    expected: "debug",
  },
  "operator.replicas": { value: 2, where: [`${OPERATOR} spec.replicas`], expected: 2 },
  "coordinator.replicas": { value: 3, where: [`${COORDINATOR} spec.replicas`], expected: 3 },
  "coordinator.streamBytes": {
    value: "1Gi",
    where: [`${COORDINATOR} ${env("TROUPE_STREAM_BYTES")}`],
    expected: "1Gi",
  },
  "groups.drainSeconds": { value: 77, where: [`${OPERATOR} ${env("TROUPE_DRAIN_SECONDS")}`], expected: "77" },
  "gpu.resource": {
    value: "amd.com/gpu",
    where: [`${OPERATOR} ${env("TROUPE_GPU_RESOURCE")}`],
    expected: "amd.com/gpu",
  },
  "nats.image": {
    value: "mine/nats:2.12",
    where: [`${NATS} ${POD}.containers.0.image`],
    expected: "mine/nats:2.12",
  },
  "nats.imagePullPolicy": {
    value: "Never",
    where: [`${NATS} ${POD}.containers.0.imagePullPolicy`],
    expected: "Never",
  },
  "nats.jetstream.maxFileStore": {
    value: "9G",
    where: ["ConfigMap t-troupe-nats data"],
    expected: expectText(/^ +max_file_store: 9G$/m),
  },
  "nats.persistence.size": {
    value: "7Gi",
    where: [`${NATS} spec.volumeClaimTemplates.0.spec.resources.requests.storage`],
    expected: "7Gi",
  },
  "nats.persistence.storageClass": {
    value: "fast",
    where: [`${NATS} spec.volumeClaimTemplates.0.spec.storageClassName`],
    expected: "fast",
  },
  "serviceAccount.annotations": {
    value: { role: "x" },
    where: ["operator", "coordinator", "nats"].map((each) => `ServiceAccount t-troupe-${each} metadata.annotations`),
    expected: { role: "x" },
  },
  "metrics.serviceMonitor.interval": {
    value: "7s",
    beside: { "metrics.serviceMonitor.enabled": true },
    where: ["operator", "coordinator"].map((each) => `ServiceMonitor t-troupe-${each} spec.endpoints.0.interval`),
    expected: "7s",
  },
  "metrics.serviceMonitor.labels": {
    value: { release: "prometheus" },
    beside: { "metrics.serviceMonitor.enabled": true },
    where: ["operator", "coordinator"].map((each) => `ServiceMonitor t-troupe-${each} metadata.labels.release`),
    expected: "prometheus",
  },
  purgeTimeoutSeconds: { value: 77, where: [`${UNINSTALL} ${env("TROUPE_PURGE_TIMEOUT_SECONDS")}`], expected: "77" },
};

/** Options that chart.test.ts is about. */
const ELSEWHERE = [
  ...["watchNamespaces", "crds.install", "crds.admissionPolicy", "rbac.aggregate", "purge"],
  ...["gpu.shared.resource", "gpu.shared.slices", "networkPolicy.enabled", "metrics.serviceMonitor.enabled"],
  ...["nats.bundled", "nats.jetstream.replicas", "nats.persistence.enabled", "nats.external.url"],
  ...["nats.external.monitorUrls", "nats.external.credentialsSecret", "nats.external.caSecret"],
];

type Check = (found: unknown) => boolean;

function expectLike(wanted: Readonly<Record<string, unknown>>): Check {
  return (found) => isSelected(wanted, found);
}

function expectText(pattern: RegExp): Check {
  return (found) => entriesOf(found).some(([, text]) => pattern.test(String(text)));
}

function found(chart: RenderedChart, where: string): unknown {
  const [kind = "", name = "", ...path] = where.split(" ");
  const manifest = chart.one(kind, name);
  if (path[0] !== "env") return at(manifest, path.join(" "));
  const entries = listAt(manifest, `${POD}.containers.0.env`);
  return at(
    entries.find((entry) => at(entry, "name") === path[1]),
    "value",
  );
}

/** Leaves, where a component's resources and what is empty by default count as one. */
function optionsIn(values: unknown, path = ""): string[] {
  const isWhole = path.endsWith(".resources") || typeof values !== "object" || values === null || Array.isArray(values);
  if (isWhole || Object.keys(values).length === 0) return [path];
  return Object.entries(values).flatMap(([key, value]) => optionsIn(value, path === "" ? key : `${path}.${key}`));
}

for (const [option, { value, beside = {}, where, expected }] of Object.entries(ROWS)) {
  test(`${option}${HELM === undefined ? ` (${NO_HELM})` : ""}`, async (t) => {
    const chart = await rendered({ ...beside, [option]: value });
    for (const place of where) {
      const there = found(chart, place);
      if (expected instanceof RegExp) t.regex(String(there), expected, place);
      else if (typeof expected === "function") t.true((expected as Check)(there), `${place}: ${JSON.stringify(there)}`);
      else t.deepEqual(there, expected, place);
    }
  });
}

ava("every option of values.yaml has a test", async (t) => {
  const values: unknown = loadYaml(await readFile(join(CHART, "values.yaml"), "utf8"));
  t.deepEqual(optionsIn(values).toSorted(), [...Object.keys(ROWS), ...ELSEWHERE].toSorted());
});

test("the policies choose the pods that they are meant for, and let those of groups reach NATS", async (t) => {
  const chart = await rendered({ "networkPolicy.enabled": true });
  const pods: Readonly<Record<string, unknown>> = { operator: OPERATOR, coordinator: COORDINATOR, nats: NATS };
  for (const [name, workload] of Object.entries(pods)) {
    const policy = chart.one("NetworkPolicy", `t-troupe-${name}`);
    const selected = Object.entries(pods).filter(([, each]) =>
      isSelected(
        at(policy, "spec.podSelector.matchLabels"),
        found(chart, `${String(each)} spec.template.metadata.labels`),
      ),
    );
    t.deepEqual(selected, [[name, workload]], "and no others");
  }
  // The Kubernetes library, which has read it, calls the field so.
  const from = listAt(chart.one("NetworkPolicy", "t-troupe-nats"), "spec.ingress.0._from");
  const mayCome = (labels: unknown, isOfRelease: boolean): boolean =>
    from.some(
      (source) =>
        (isOfRelease || at(source, "namespaceSelector") !== undefined) &&
        isSelected(at(source, "podSelector.matchLabels"), labels),
    );
  for (const workload of [OPERATOR, COORDINATOR])
    t.true(mayCome(found(chart, `${workload} spec.template.metadata.labels`), true), workload);
  t.true(mayCome(MANAGED_BY, false), "pods of groups, in any namespace");
  t.true(mayCome({ "troupe.dev/nats-client": "true" }, false));
  t.false(mayCome({ app: "any" }, false));
  t.false(mayCome({ app: "any" }, true));
});

function isSelected(selector: unknown, labels: unknown): boolean {
  const wanted = entriesOf(selector);
  const there = new Map(entriesOf(labels));
  return wanted.length > 0 && wanted.every(([key, value]) => there.get(key) === value);
}

function entriesOf(value: unknown): (readonly [string, unknown])[] {
  return typeof value === "object" && value !== null ? Object.entries(value) : [];
}
