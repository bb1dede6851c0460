/** What kubectl makes of the custom resources: columns, names, explanations, scaling. */
import test from "ava";
import type { Condition, GroupStatus, PipelineStatus } from "@troupe/model";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually } from "../../support/eventually.ts";
import { startControlPlane, type ControlPlane } from "../../support/control-plane.ts";
import { applyCrds, circleOf, policyIsEnforced, ROOT } from "./apply-crds.ts";

const SINCE = "2026-01-01T00:00:00Z";

let plane: ControlPlane;
let folder: string;

test.before("start an API server with the CRDs and the policy", async () => {
  folder = await mkdtemp(join(tmpdir(), "troupe-test-"));
  plane = await startControlPlane();
  await applyCrds(plane);
});

test.after.always(async () => {
  await plane[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

test.serial("kubectl explain tells every field", async (t) => {
  t.regex(await plane.kubectl("explain", "pipeline.spec.modules.dependsOn"), /handed over in this\s+order/);
  t.regex(await plane.kubectl("explain", "group.spec.resources.gpu"), /a\s+fraction\s+of\s+one\s+in\s+quotes/);
  const all = await plane.kubectl("explain", "pipeline", "--recursive");
  for (const field of ["drainTimeoutSeconds", "keepResultsSeconds", "groupsReady", "waiting"])
    t.true(all.includes(field), field);
});

test.serial("kubectl get shows how a pipeline is doing", async (t) => {
  await apply({
    kind: "Pipeline",
    name: "film",
    spec: { modules: [{ name: "A", type: "t", group: "g" }] },
  });
  t.regex(await plane.kubectl("get", "pl"), /^NAME +READY +GROUPS +QUEUED +RUNNING +DONE +FAILED +AGE\n/);
  const status: PipelineStatus = {
    observedGeneration: 1,
    conditions: conditions("True"),
    revision: "r0123456789ab",
    drainingRevisions: [{ revision: "rba9876543210", jobs: 3 }],
    jobs: { queued: 4, running: 2, done: 100_000, failed: 1 },
    groupsReady: "1/2",
    message: "Group g2 waits.",
    groups: [
      { name: "g", ready: true, replicas: 1, readyReplicas: 1 },
      {
        name: "g2",
        ready: false,
        replicas: 1,
        readyReplicas: 0,
        waiting: { reason: "InsufficientGpu", message: "no GPU" },
      },
    ],
  };
  await patchStatus("pipeline/film", status);
  const wide = (await plane.kubectl("get", "pipelines.troupe.dev", "film", "-o", "wide")).split("\n");
  t.regex(wide[0] ?? "", /AGE +REVISION +MESSAGE$/);
  t.regex(wide[1] ?? "", /^film +True +1\/2 +4 +2 +100000 +1 +\S+ +r0123456789ab +Group g2 waits\.$/);
  t.deepEqual(await read("pipeline/film", "status"), status);
  t.regex(await plane.kubectl("wait", "--for=condition=Ready", "--timeout=5s", "pipeline/film"), /condition met/);
});

test.serial("kubectl get shows how a group is doing", async (t) => {
  await apply({
    kind: "Group",
    name: "film-g",
    spec: { pipelineRef: { name: "film" }, group: "g", resources: { gpu: 1 } },
  });
  const status: GroupStatus = {
    observedGeneration: 1,
    conditions: conditions("False"),
    replicas: 2,
    readyReplicas: 1,
    desiredReplicas: 2,
    replicasReady: "1/2",
    selector: "troupe.dev/pipeline=film,troupe.dev/group=g",
    gpu: "1",
    queued: 7,
    running: 1,
    templateHash: "0123456789ab",
    drainingTemplates: [{ templateHash: "ba9876543210", jobs: 3 }],
    waiting: { reason: "Unschedulable", message: "no node has room" },
    message: "no node has room",
  };
  await patchStatus("group/film-g", status);
  const [head = "", row = ""] = (await plane.kubectl("get", "grp", "film-g")).split("\n");
  t.regex(head, /^NAME +PIPELINE +READY +REPLICAS +GPU +BUSY +AGE$/);
  t.regex(row, /^film-g +film +False +1\/2 +1 +1 +\S+$/);
  t.deepEqual(await read("group/film-g", "status"), status);
  for (const category of ["troupe", "all"]) {
    const listed = await plane.kubectl("get", category, "-o", "name");
    t.true(listed.includes("group.troupe.dev/film-g") && listed.includes("pipeline.troupe.dev/film"), listed);
  }
});

test.serial("a Group is scaled by its scale subresource, and nobody's number is made up", async (t) => {
  await apply({ kind: "Group", name: "pool", spec: { source: { image: "x" } } });
  t.deepEqual(await read("group/pool", "spec"), { source: { image: "x" } });
  await patchStatus("group/pool", { replicas: 1, selector: "troupe.dev/group-resource=pool" });
  await plane.kubectl("scale", "group/pool", "--replicas=3");
  t.deepEqual(await read("group/pool", "spec"), { replicas: 3, source: { image: "x" } });
  const scale: unknown = JSON.parse(await plane.kubectl("get", "--raw", `${groupsPath("default")}/pool/scale`));
  t.like(scale, { spec: { replicas: 3 }, status: { replicas: 1, selector: "troupe.dev/group-resource=pool" } });
  await plane.kubectl("scale", "group/pool", "--replicas=0");
  t.deepEqual(await read("group/pool", "spec"), { replicas: 0, source: { image: "x" } });
});

test.serial("a Group that scales itself cannot be scaled", async (t) => {
  await apply({ kind: "Group", name: "elastic", spec: { autoscale: { maxReplicas: 3 } } });
  const refusal = await t.throwsAsync(plane.kubectl("scale", "group/elastic", "--replicas=2"));
  t.regex(refusal.message, /autoscale changes it: remove one of the two/);
});

test.serial("server-side apply keeps the order of dependencies, and modules by their name", async (t) => {
  const modules = (order: readonly string[]): unknown[] => [
    { name: "A", type: "t", group: "g" },
    { name: "B", type: "t", group: "g", dependsOn: ["A"] },
    { name: "C", type: "t", group: "g", dependsOn: order },
  ];
  for (const order of [["A", "B"], ["B", "A"], ["B"]]) {
    await apply({ kind: "Pipeline", name: "ordered", spec: { modules: modules(order) } }, "--server-side");
    t.deepEqual(await read("pipeline/ordered", "spec"), { modules: modules(order) });
  }
});

test.serial("status is written apart from the spec, and the generation counts the spec alone", async (t) => {
  const name = "apart";
  await apply({ kind: "Pipeline", name, spec: { modules: [{ name: "A", type: "t", group: "g" }] } });
  await patchStatus(`pipeline/${name}`, { groupsReady: "0/1" });
  t.like(await read(`pipeline/${name}`, "metadata"), { generation: 1 });
  await plane.kubectl(
    "patch",
    `pipeline/${name}`,
    "--type=merge",
    "-p",
    '{"spec":{"suspend":true},"status":{"groupsReady":"9/9"}}',
  );
  t.like(await read(`pipeline/${name}`, "metadata"), { generation: 2 });
  t.deepEqual(await read(`pipeline/${name}`, "status"), { groupsReady: "0/1" });
});

test.serial("what was stored before the policy can be labelled and deleted, and mended", async (t) => {
  const policy = "validatingadmissionpolicybinding/pipelines.troupe.dev";
  const binding = await plane.kubectl("get", policy, "-o", "json");
  await plane.kubectl("delete", policy);
  const file = join(folder, "circle.json");
  await writeFile(file, JSON.stringify(circleOf("circle-before")));
  await eventually("a circle is stored", async () =>
    plane.kubectl("apply", "-f", file).then(
      () => true,
      () => false,
    ),
  );
  await writeFile(join(folder, "binding.json"), withoutServerFields(binding));
  await plane.kubectl("apply", "-f", join(folder, "binding.json"));
  await policyIsEnforced(plane);
  await plane.kubectl("label", "pipeline/circle-before", "team=film");
  const still = await t.throwsAsync(
    plane.kubectl("patch", "pipeline/circle-before", "--type=merge", "-p", '{"spec":{"suspend":true}}'),
  );
  t.regex(still.message, /ModuleCycle/);
  await plane.kubectl("delete", "pipeline/circle-before", "--timeout=20s");
});

test.serial("the health script joins what stands in Argo CD's ConfigMap", async (t) => {
  await plane.kubectl("create", "namespace", "argocd");
  await plane.kubectl(
    "create",
    "configmap",
    "argocd-cm",
    "-n",
    "argocd",
    "--from-literal=url=https://argocd.example.org",
  );
  const script = join(ROOT, "crds/argocd-health.lua");
  const keys = ["Pipeline", "Group"].map((kind) => `resource.customizations.health.troupe.dev_${kind}`);
  const files = keys.map((key) => `--from-file=${key}=${script}`);
  const made = await plane.kubectl(
    "create",
    "configmap",
    "argocd-cm",
    "-n",
    "argocd",
    "--dry-run=client",
    "-o",
    "yaml",
    ...files,
  );
  const file = join(folder, "argocd-cm.yaml");
  await writeFile(file, made);
  await plane.kubectl("apply", "--server-side", "--field-manager=troupe", "-f", file);
  const data: unknown = JSON.parse(
    await plane.kubectl("get", "configmap", "argocd-cm", "-n", "argocd", "-o", "jsonpath={.data}"),
  );
  const text = await readFile(script, "utf8");
  t.deepEqual(data, { url: "https://argocd.example.org", ...Object.fromEntries(keys.map((key) => [key, text])) });
});

interface Given {
  readonly kind: "Pipeline" | "Group";
  readonly name: string;
  readonly spec: unknown;
}

async function apply({ kind, name, spec }: Given, ...flags: string[]): Promise<void> {
  const file = join(folder, `${name}.json`);
  await writeFile(file, JSON.stringify({ apiVersion: "troupe.dev/v1alpha1", kind, metadata: { name }, spec }));
  await plane.kubectl("apply", ...flags, "-f", file);
}

async function patchStatus(what: string, status: Partial<PipelineStatus> | Partial<GroupStatus>): Promise<void> {
  await plane.kubectl("patch", what, "--subresource=status", "--type=merge", "-p", JSON.stringify({ status }));
}

async function read(what: string, field: "metadata" | "spec" | "status"): Promise<object> {
  const object: unknown = JSON.parse(await plane.kubectl("get", what, "-o", `jsonpath={.${field}}`));
  return typeof object === "object" && object !== null ? object : {};
}

function groupsPath(namespace: string): string {
  return `/apis/troupe.dev/v1alpha1/namespaces/${namespace}/groups`;
}

function conditions(ready: "True" | "False"): Condition[] {
  const common = { message: "", observedGeneration: 1, lastTransitionTime: SINCE };
  return [
    { type: "Accepted", status: "True", reason: "Valid", ...common },
    { type: "Ready", status: ready, reason: ready === "True" ? "AllGroupsReady" : "Unschedulable", ...common },
    { type: "Progressing", status: "False", reason: "UpToDate", ...common },
    { type: "Stalled", status: "False", reason: "NotStalled", ...common },
  ];
}

function withoutServerFields(json: string): string {
  return JSON.stringify(JSON.parse(json), (key, value: unknown) =>
    ["resourceVersion", "uid", "creationTimestamp", "generation", "managedFields"].includes(key) ? undefined : value,
  );
}
