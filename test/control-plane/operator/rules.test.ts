import test from "ava";
import { DEFAULT_CONTROL, connectBus, readControl, readCurrentRevision } from "@troupe/protocol";
import { configMaps, deployments, podDisruptionBudgets } from "../../../operator/src/kube/index.ts";
import { groups, pipelines } from "../../../operator/src/resources.ts";
import { eventually } from "../../support/eventually.ts";
import { sayLoad } from "./scripted-load.ts";
import { sharedWorld } from "./shared-world.ts";
import { Place } from "./world.ts";

const world = sharedWorld();

const IMAGE = { image: "example.test/modules:1" };
const ONE = { source: IMAGE, modules: [{ name: "A", type: "example", group: "g" }] };
const TWO = {
  source: IMAGE,
  modules: [
    { name: "A", type: "example", group: "g1" },
    { name: "B", type: "example", group: "g2", dependsOn: ["A"] },
  ],
};

async function replicasOf(place: Place, group: string): Promise<number | undefined> {
  const found = (await place.deployments()).filter(({ metadata }) => metadata.labels?.["troupe.dev/group"] === group);
  return found.length === 1 ? found[0]?.spec?.replicas : undefined;
}

test("pods pass the restricted profile, and carry the claims, the overlay and a budget", async (t) => {
  const place = await Place.in(world);
  await world.plane.kubectl("label", "namespace", place.namespace, "pod-security.kubernetes.io/enforce=restricted");
  const template = {
    metadata: { labels: { team: "vision" } },
    spec: {
      nodeSelector: { zone: "a" },
      containers: [
        { name: "troupe", env: [{ name: "MODE", value: "fast" }] },
        {
          name: "sidecar",
          image: "example.test/sidecar:1",
          securityContext: {
            runAsNonRoot: true,
            allowPrivilegeEscalation: false,
            capabilities: { drop: ["ALL"] },
            seccompProfile: { type: "RuntimeDefault" },
          },
        },
      ],
    },
  };
  await place.applyPipeline("p", {
    ...ONE,
    groups: [{ name: "g", replicas: 2, resources: { cpu: "250m", memory: "256Mi" }, template }],
  });
  await eventually("two pods", async () => (await place.pods()).length === 2);
  const [pod] = await place.pods();
  t.is(pod?.spec?.nodeSelector?.["zone"], "a");
  t.is(pod?.metadata.labels?.["team"], "vision");
  t.deepEqual(
    pod?.spec?.containers.map(({ name }) => name),
    ["troupe", "sidecar"],
  );
  const env = new Map(pod?.spec?.containers[0]?.env?.map(({ name, value }) => [name, value]));
  t.is(env.get("MODE"), "fast");
  t.is(env.get("TROUPE_TEMPLATE_HASH"), pod?.metadata.labels?.["troupe.dev/template"]);
  t.is(env.get("TROUPE_HOST_MEMORY_MB"), "192");
  const { automountServiceAccountToken, securityContext, containers, initContainers } = pod?.spec ?? {};
  t.is(automountServiceAccountToken, false);
  t.like(securityContext, { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } });
  const [main] = containers ?? [];
  for (const ours of [main, ...(initContainers ?? [])]) {
    t.is(ours?.securityContext?.readOnlyRootFilesystem, true, ours?.name);
    t.is(ours?.securityContext?.allowPrivilegeEscalation, false, ours?.name);
    t.deepEqual(ours?.securityContext?.capabilities?.drop, ["ALL"], ours?.name);
  }
  t.deepEqual(
    [main?.startupProbe, main?.livenessProbe, main?.readinessProbe].map((probe) => probe?.httpGet?.path),
    ["/livez", "/livez", "/readyz"],
  );
  const budget = await world.client.get(podDisruptionBudgets, { namespace: place.namespace, name: "p-g" });
  t.like(budget.spec, { maxUnavailable: 1, unhealthyPodEvictionPolicy: "AlwaysAllow" });
});

const REFUSALS = [
  { reason: "SourceMissing", spec: { modules: ONE.modules }, message: /spec\.source/ },
  { reason: "SourceNotFound", spec: { ...ONE, source: { configMap: "nowhere" } }, message: /no ConfigMap nowhere/ },
  {
    reason: "FractionalGpuNotConfigured",
    spec: { ...ONE, groups: [{ name: "g", resources: { gpu: "0.5" } }] },
    message: /gpu\.shared\.slices/,
  },
  {
    reason: "TemplateConflict",
    spec: { ...ONE, groups: [{ name: "g", template: { metadata: { labels: { "troupe.dev/group": "x" } } } }] },
    message: /selects the pods of a group/,
  },
];

for (const { reason, spec, message } of REFUSALS) {
  test(`what cannot be carried out is refused: ${reason}`, async (t) => {
    const place = await Place.in(world);
    await place.applyPipeline("p", spec);
    await place.until("pipeline", "p", "Accepted", `False ${reason}`);
    await place.until("pipeline", "p", "Ready", "False NotAccepted");
    await place.until("pipeline", "p", "Stalled", "True NotAccepted");
    const pipeline = await place.pipeline("p");
    t.regex(pipeline?.status?.message ?? "", message);
    t.true(pipeline?.status?.conditions.every(({ observedGeneration }) => observedGeneration === 1));
    t.deepEqual(await place.deployments(), []);
  });
}

test("a source that comes later is found, and one that changes makes a revision; what ran is kept as it was", async (t) => {
  const place = await Place.in(world);
  await place.applyPipeline("p", { ...ONE, source: { configMap: "modules" } });
  await place.until("pipeline", "p", "Accepted", "False SourceNotFound");
  await place.applyModules("modules", { "a.ts": "one" });
  await eventually("a Deployment", async () => (await place.deployments()).length === 1);
  const first = (await place.deployments())[0]?.metadata.name;
  await place.readyPods("troupe.dev/group=g", 1);
  await place.applyModules("modules", { "a.ts": "two" });
  await eventually("a second Deployment", async () => (await place.deployments()).length === 2);
  const copies = (
    await world.client.list(configMaps, { namespace: place.namespace, labelSelector: "troupe.dev/source-of=p" })
  ).items;
  t.deepEqual(copies.map(({ data, immutable }) => [data?.["a.ts"], immutable]).sort(), [
    ["one", true],
    ["two", true],
  ]);
  t.true((await place.deployments()).some(({ metadata }) => metadata.name === first));
});

test("a refused spec leaves what ran before running", async (t) => {
  const place = await Place.in(world);
  await place.applyPipeline("p", ONE);
  await eventually("a Deployment", async () => (await place.deployments()).length === 1);
  await place.until("pipeline", "p", "Accepted", "True Valid");
  const { status } = (await place.pipeline("p")) ?? {};
  const before = (await place.deployments())[0]?.metadata;
  await place.applyPipeline("p", { ...ONE, groups: [{ name: "g", resources: { gpu: "0.5" } }] });
  await place.until("pipeline", "p", "Accepted", "False FractionalGpuNotConfigured");
  await place.until("group", "p-g", "Accepted", "False FractionalGpuNotConfigured");
  t.deepEqual(
    (await place.deployments()).map(({ metadata }) => metadata.uid),
    [before?.uid],
  );
  t.is((await place.pipeline("p"))?.status?.revision, status?.revision);
  await place.applyPipeline("p", ONE);
  await place.until("pipeline", "p", "Accepted", "True Valid");
});

test("who scales a Group owns its number, unless the Pipeline names one; releasing it keeps it", async (t) => {
  const place = await Place.in(world);
  const scale = async (count: number): Promise<string> =>
    world.plane.kubectl("scale", "groups.troupe.dev/p-g", "-n", place.namespace, `--replicas=${count}`);
  await place.applyPipeline("p", ONE);
  await eventually("one replica", async () => (await replicasOf(place, "g")) === 1);
  await scale(3);
  await eventually("three", async () => (await replicasOf(place, "g")) === 3);
  await place.applyPipeline("p", { ...ONE, groups: [{ name: "g", concurrency: 2 }] });
  await place.until("group", "p-g", "Progressing", "True RollingOut");
  t.is((await place.group("p-g"))?.spec.replicas, 3);

  await place.applyPipeline("p", { ...ONE, groups: [{ name: "g", replicas: 5 }] });
  await eventually("five", async () => (await place.group("p-g"))?.spec.replicas === 5);
  await scale(2);
  await eventually("five again", async () => (await place.group("p-g"))?.spec.replicas === 5);

  await place.applyPipeline("p", { ...ONE, groups: [{ name: "g" }] });
  await eventually(
    "released",
    async () => (await place.group("p-g"))?.metadata.annotations?.["troupe.dev/named-replicas"] === undefined,
  );
  t.is((await place.group("p-g"))?.spec.replicas, 5, "releasing must not drop the live number");
  await scale(4);
  await eventually("four", async () => (await place.group("p-g"))?.status?.desiredReplicas === 4);
  t.is((await place.group("p-g"))?.spec.replicas, 4);
  const { status } = (await place.group("p-g")) ?? {};
  t.is(status?.selector, `troupe.dev/pipeline=p,troupe.dev/group=g`);
  await scale(0);
  await place.until("group", "p-g", "Ready", "False NoReplicas");
});

test("an aggregate stays alone, whoever scales it", async (t) => {
  const place = await Place.in(world);
  await place.applyPipeline("p", { ...ONE, modules: [{ name: "A", type: "example", group: "g", aggregate: true }] });
  await eventually("one replica", async () => (await replicasOf(place, "g")) === 1);
  await world.plane.kubectl("scale", "groups.troupe.dev/p-g", "-n", place.namespace, "--replicas=3");
  await place.until("group", "p-g", "Accepted", "False AggregateNotReplicable");
  t.is(await replicasOf(place, "g"), 1);
});

test("autoscale begins at zero, and is ready so", async (t) => {
  const place = await Place.in(world);
  await place.applyPipeline("p", { ...ONE, groups: [{ name: "g", autoscale: { maxReplicas: 3 } }] });
  await place.until("group", "p-g", "Ready", "True ScaledToZero");
  t.is(await replicasOf(place, "g"), 0);
  await place.applyPipeline("p", { ...ONE, groups: [{ name: "g", replicas: 2 }] });
  await eventually("two", async () => (await replicasOf(place, "g")) === 2);
  await place.applyPipeline("p", { ...ONE, groups: [{ name: "g", autoscale: { minReplicas: 1, maxReplicas: 3 } }] });
  await eventually("no fixed number, which is given up first, and its bounds", async () => {
    const { replicas, autoscale } = (await place.group("p-g"))?.spec ?? {};
    return replicas === undefined && autoscale?.minReplicas === 1;
  });
  t.is(await replicasOf(place, "g"), 2, "the live number stays");
});

test("a declared Group wins field by field, is nobody's, takes the Deployments over, and survives", async (t) => {
  const place = await Place.in(world);
  const { metadata: of } = await place.applyPipeline("p", {
    ...TWO,
    groups: [{ name: "g2", replicas: 2, resources: { cpu: "100m", memory: "1Gi" } }],
  });
  using _ = sayLoad(world, place, of.uid);
  await eventually("two Groups", async () => (await place.groups()).length === 2);
  await eventually("two Deployments", async () => (await place.deployments()).length === 2);
  await place.applyGroup("tuned", {
    pipelineRef: { name: "p" },
    group: "g2",
    replicas: 4,
    resources: { memory: "2Gi" },
  });
  await eventually("the generated one goes", async () => (await place.group("p-g2")) === undefined);
  await place.until("group", "tuned", "Accepted", "True Valid");
  const two = (): Promise<readonly string[]> =>
    place
      .deployments()
      .then((all) =>
        all
          .filter(({ metadata }) => metadata.labels?.["troupe.dev/group"] === "g2")
          .map(
            ({ metadata, spec }) =>
              `${metadata.ownerReferences?.[0]?.name ?? ""} ${spec?.template.spec?.containers[0]?.resources?.limits?.["memory"] ?? ""}`,
          ),
      );
  await eventually("its Deployment", async () => (await two()).includes("tuned 2Gi"));
  const hash = (await place.deployments()).find(
    ({ spec }) => spec?.template.spec?.containers[0]?.resources?.limits?.["memory"] === "2Gi",
  )?.metadata.labels?.["troupe.dev/template"];
  const stop = place.keepPodsReady(`troupe.dev/template=${hash ?? ""}`);
  await eventually("its Deployment alone", async () => JSON.stringify(await two()) === '["tuned 2Gi"]');
  stop();
  t.is((await place.group("tuned"))?.metadata.ownerReferences, undefined);
  await place.applyGroup("second", { pipelineRef: { name: "p" }, group: "g2", replicas: 1 });
  await place.until("group", "second", "Accepted", "False DuplicateGroup");
  await place.applyGroup("lost", { pipelineRef: { name: "p" }, group: "g9" });
  await place.until("group", "lost", "Accepted", "False UnknownGroup");
  await place.applyGroup("orphan", { pipelineRef: { name: "q" }, group: "g" });
  await place.until("group", "orphan", "Accepted", "False PipelineNotFound");
  await world.client.delete(groups, { namespace: place.namespace, name: "tuned" });
  await place.until("group", "second", "Accepted", "True Valid");
  await world.client.delete(pipelines, { namespace: place.namespace, name: "p" });
  await place.until("group", "second", "Accepted", "False PipelineNotFound");
  await eventually("no Deployments", async () => (await place.deployments()).length === 0);
  // Garbage collection learns of new kinds every 30 s.
  const names = async (): Promise<string> => (await place.groups()).map(({ metadata }) => metadata.name).join();
  await eventually("the declared ones alone", async () => (await names()) === "lost,orphan,second", 120_000);
});

test("what somebody else edits is put back", async (t) => {
  const place = await Place.in(world);
  await place.applyPipeline("p", { ...ONE, groups: [{ name: "g", concurrency: 2 }] });
  await eventually("a Deployment", async () => (await place.deployments()).length === 1);
  const { name = "", uid } = (await place.deployments())[0]?.metadata ?? {};
  const key = { namespace: place.namespace, name };
  await world.client.patch(deployments, key, {
    type: "json",
    body: [
      { op: "replace", path: "/spec/replicas", value: 7 },
      { op: "replace", path: "/spec/template/spec/containers/0/image", value: "evil:1" },
    ],
  });
  await eventually("it is back", async () => {
    const { spec } = await world.client.get(deployments, key);
    return spec?.replicas === 1 && spec.template.spec?.containers[0]?.image === IMAGE.image;
  });
  await world.client.delete(podDisruptionBudgets, { namespace: place.namespace, name: "p-g" });
  await eventually(
    "the budget is back",
    async () =>
      (await world.client.find(podDisruptionBudgets, { namespace: place.namespace, name: "p-g" })) !== undefined,
  );
  await world.client.patch(
    groups,
    { namespace: place.namespace, name: "p-g" },
    { type: "merge", body: { spec: { concurrency: 9 } } },
  );
  await eventually("the Group is back", async () => (await place.group("p-g"))?.spec.concurrency === 2);
  await world.client.delete(deployments, key);
  await eventually("another Deployment", async () => {
    const [again] = await place.deployments();
    return again !== undefined && again.metadata.uid !== uid;
  });
  await world.client.delete(groups, { namespace: place.namespace, name: "p-g" });
  await eventually("another Group", async () => (await place.group("p-g")) !== undefined);
  t.pass();
});

test("groups whose names run together do not share a Group", async (t) => {
  const place = await Place.in(world);
  await place.applyPipeline("a-b", { source: IMAGE, modules: [{ name: "A", type: "example", group: "c" }] });
  await eventually("the first", async () => (await place.deployments()).length === 1);
  await place.applyPipeline("a", { source: IMAGE, modules: [{ name: "A", type: "example", group: "b-c" }] });
  await eventually("the second", async () => (await place.deployments()).length === 2);
  const names = (await place.groups()).map(({ metadata }) => metadata.name);
  t.is(names.length, 2);
  t.is(names[0], "a-b-c");
  t.regex(names[1] ?? "", /^a-b-c-[0-9a-f]{8}$/);
});

test("suspend reaches the bucket, and makes no revision", async (t) => {
  const place = await Place.in(world);
  const { metadata } = await place.applyPipeline("p", ONE);
  const scope = { namespace: place.namespace, pipeline: "p", uid: metadata.uid };
  await using bus = await connectBus({ url: world.nats.url, name: "test" });
  await eventually("a revision", async () => (await readCurrentRevision(bus, scope)) !== null);
  const before = await readCurrentRevision(bus, scope);
  await place.applyPipeline("p", { ...ONE, suspend: true });
  await eventually("suspended", async () => (await readControl(bus, scope)).suspended);
  t.is(await readCurrentRevision(bus, scope), before);
  await place.applyPipeline("p", { ...ONE, suspend: false });
  await eventually("resumed", async () => !(await readControl(bus, scope)).suspended);
  t.deepEqual(await readControl(bus, scope), DEFAULT_CONTROL);
});
