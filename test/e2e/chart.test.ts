import ava, { type ExecutionContext } from "ava";
import { at, CHART, HELM, listAt, render, rendered, type Manifest, type RenderedChart } from "./support/helm.ts";
import { ran } from "./support/run.ts";

const NO_HELM = "there is no helm; hack/cluster/build helm builds one";
const test = (name: string, run: (t: ExecutionContext) => Promise<void>): void => {
  if (HELM === undefined) ava.skip(`${name} (${NO_HELM})`, run);
  else ava(name, run);
};
if (HELM === undefined && process.env["CI"] !== undefined)
  ava("the chart is tested", (t) => {
    t.fail(NO_HELM);
  });

const EXTERNAL = { "nats.bundled": false, "nats.external.url": "nats://nats.example:4222" };
const CREDENTIALS = { ...EXTERNAL, "nats.external.credentialsSecret": "mine" };

const POD_PATHS: Readonly<Record<string, string>> = {
  Deployment: "spec.template.spec",
  StatefulSet: "spec.template.spec",
  Job: "spec.template.spec",
  Pod: "spec",
};

function podsOf(chart: RenderedChart): { readonly name: string; readonly spec: unknown }[] {
  return chart.manifests.flatMap((manifest) => {
    const path = POD_PATHS[manifest.kind];
    return path === undefined ? [] : [{ name: `${manifest.kind} ${manifest.metadata.name}`, spec: at(manifest, path) }];
  });
}

/** The environment of a container, as far as values stand in the template. */
function envOf(manifest: Manifest, container = "spec.template.spec.containers.0"): Record<string, unknown> {
  return Object.fromEntries(
    listAt(manifest, `${container}.env`).map((entry) => [String(at(entry, "name")), at(entry, "value")]),
  );
}

function volumeOf(manifest: Manifest, name: string): unknown {
  return listAt(manifest, "spec.template.spec.volumes").find((volume) => at(volume, "name") === name);
}

const EVERY_WAY: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  "the defaults": {},
  "named namespaces": { watchNamespaces: ["a", "b"] },
  "an external NATS": EXTERNAL,
  "an external NATS with credentials and a certificate": { ...CREDENTIALS, "nats.external.caSecret": "ca" },
  "all options": {
    purge: true,
    "networkPolicy.enabled": true,
    "metrics.serviceMonitor.enabled": true,
    "nats.persistence.enabled": false,
    "gpu.shared": { resource: "nvidia.com/gpu.shared", slices: 2 },
    "image.pullSecrets": ["registry"],
    "operator.nodeSelector": { disk: "fast" },
    "coordinator.tolerations": [{ key: "a", operator: "Exists" }],
  },
};

test("lint has nothing to say against the chart", async (t) => {
  const { code, stdout, stderr } = await ran([HELM ?? "", "lint", "--strict", "--kube-version", "1.34.0", CHART]);
  t.is(code, 0, stdout + stderr);
});

for (const [name, values] of Object.entries(EVERY_WAY)) {
  test(`${name}: every pod passes the profile "restricted", with a root that nothing writes to`, async (t) => {
    const pods = podsOf(await rendered(values));
    t.true(pods.length >= 4);
    for (const { name: pod, spec } of pods) {
      t.is(at(spec, "securityContext.runAsNonRoot"), true, pod);
      t.is(at(spec, "securityContext.seccompProfile.type"), "RuntimeDefault", pod);
      for (const container of [...listAt(spec, "containers"), ...listAt(spec, "initContainers")]) {
        t.is(at(container, "securityContext.allowPrivilegeEscalation"), false, pod);
        t.is(at(container, "securityContext.readOnlyRootFilesystem"), true, pod);
        t.deepEqual(at(container, "securityContext.capabilities.drop"), ["ALL"], pod);
        t.truthy(at(container, "resources.requests.cpu"), `${pod} requests CPU`);
      }
    }
  });

  test(`${name}: no rule has a wildcard, and everything has a namespace of its own choosing or none`, async (t) => {
    const chart = await rendered(values);
    const roles = [...chart.of("Role"), ...chart.of("ClusterRole")];
    t.true(roles.length >= 3);
    for (const role of roles) t.false(JSON.stringify(role["rules"]).includes('"*"'), role.metadata.name);
    const names = chart.manifests.map(({ kind, metadata }) => `${kind} ${metadata.namespace ?? ""} ${metadata.name}`);
    t.is(new Set(names).size, names.length, "nothing is there twice");
    for (const each of names) t.true(each.split(" ").at(-1)!.length <= 63, each);
  });
}

test("the bundled NATS syncs every append, trusts the release's operator alone, and has a volume", async (t) => {
  const chart = await rendered();
  const data = Object.values(at(chart.one("ConfigMap", "t-troupe-nats"), "data") ?? {}).join("");
  t.regex(data, /sync_interval: always/);
  t.regex(data, /include \.\.\/nats-trust\/trust\.conf/);
  const server = chart.one("StatefulSet", "t-troupe-nats");
  t.is(at(volumeOf(server, "trust"), "secret.secretName"), "t-troupe-nats-server");
  t.is(listAt(server, "spec.volumeClaimTemplates").length, 1);
  t.is(at(server, "spec.persistentVolumeClaimRetentionPolicy.whenDeleted"), "Retain");
  const coordinator = chart.one("Deployment", "t-troupe-coordinator");
  t.is(at(volumeOf(coordinator, "nats-credentials"), "secret.secretName"), "t-troupe-nats-coordinator");
  t.is(envOf(coordinator)["TROUPE_NATS_URL"], "nats://t-troupe-nats.system.svc:4222");
  t.is(envOf(chart.one("Deployment", "t-troupe-operator"))["TROUPE_NATS_STORE"], "synced");
});

test("without persistence the store is an emptyDir", async (t) => {
  const chart = await rendered({ "nats.persistence.enabled": false });
  const server = chart.one("StatefulSet", "t-troupe-nats");
  t.deepEqual(at(volumeOf(server, "data"), "emptyDir"), {});
  t.is(at(server, "spec.volumeClaimTemplates"), undefined);
  t.is(envOf(chart.one("Deployment", "t-troupe-operator"))["TROUPE_NATS_STORE"], "ephemeral");
});

test("an external NATS: no server, no keys, its address and credentials", async (t) => {
  const bare = await rendered(EXTERNAL);
  t.deepEqual(bare.names("StatefulSet"), []);
  t.is(at(bare.one("Deployment", "t-troupe-operator"), "spec.template.spec.initContainers"), undefined);
  t.is(envOf(bare.one("Deployment", "t-troupe-operator"))["TROUPE_NATS_URL"], "nats://nats.example:4222");
  t.is(envOf(bare.one("Deployment", "t-troupe-coordinator"))["TROUPE_NATS_CREDS"], undefined);
  t.is(envOf(bare.one("Deployment", "t-troupe-operator"))["TROUPE_NATS_STORE"], "external");
  const shown = await rendered({ ...EXTERNAL, "nats.external.monitorUrls": "http://a:8222,http://b:8222" });
  t.is(envOf(shown.one("Deployment", "t-troupe-operator"))["TROUPE_NATS_MONITOR_URLS"], "http://a:8222,http://b:8222");

  const secured = await rendered({ ...CREDENTIALS, "nats.external.caSecret": "ca" });
  const coordinator = secured.one("Deployment", "t-troupe-coordinator");
  const credentials = volumeOf(coordinator, "nats-credentials");
  t.is(at(credentials, "secret.secretName"), "mine");
  // The signing seed is the operator's alone.
  t.deepEqual(at(credentials, "secret.items"), [{ key: "user.creds", path: "user.creds" }]);
  t.is(envOf(coordinator)["NODE_EXTRA_CA_CERTS"], "/var/run/troupe/nats-ca/ca.crt");
  t.is(envOf(secured.one("Deployment", "t-troupe-operator"))["TROUPE_NATS_CA"], "/var/run/troupe/nats-ca/ca.crt");
  t.is(envOf(bare.one("Deployment", "t-troupe-operator"))["TROUPE_NATS_CA"], undefined);
});

test("operator and coordinators are told on how many servers streams are kept", async (t) => {
  const replicasIn = async (values: Readonly<Record<string, unknown>>): Promise<readonly unknown[]> => {
    const chart = await rendered(values);
    return ["t-troupe-operator", "t-troupe-coordinator"].map(
      (name) => envOf(chart.one("Deployment", name))["TROUPE_STREAM_REPLICAS"],
    );
  };
  t.deepEqual(await replicasIn({}), ["1", "1"]);
  t.deepEqual(await replicasIn({ ...EXTERNAL, "nats.jetstream.replicas": 3 }), ["3", "3"]);
});

test("all namespaces take a ClusterRole; named ones a Role each, and no ClusterRole of the operator's", async (t) => {
  const everywhere = await rendered();
  t.true(everywhere.names("ClusterRole").includes("system-t-troupe-operator"));
  const some = await rendered({ watchNamespaces: ["a", "b"] });
  t.deepEqual(
    some.of("Role").flatMap(({ metadata }) => (metadata.name === "t-troupe-operator" ? [metadata.namespace] : [])),
    ["a", "b"],
  );
  t.deepEqual(some.names("ClusterRole").toSorted(), ["system-t-troupe-edit", "system-t-troupe-view"]);
  t.is(envOf(some.one("Deployment", "t-troupe-operator"))["TROUPE_WATCH_NAMESPACES"], "a,b");
  t.deepEqual((await rendered({ watchNamespaces: ["a"], "rbac.aggregate": false })).names("ClusterRole"), []);
});

test("the operator writes Secrets of groups, and reads only what it watches", async (t) => {
  const rules = listAt(
    (await rendered()).of("ClusterRole").find(({ metadata }) => metadata.name === "system-t-troupe-operator"),
    "rules",
  );
  const ofSecrets = rules.filter((rule) => listAt(rule, "resources").includes("secrets"));
  t.deepEqual(
    ofSecrets.flatMap((rule) => listAt(rule, "verbs")),
    ["list", "watch", "create", "patch"],
  );
});

test("coordinators prefer different nodes, go one at a time, and never speak to the API server", async (t) => {
  const chart = await rendered();
  const coordinator = chart.one("Deployment", "t-troupe-coordinator");
  t.is(at(coordinator, "spec.replicas"), 2);
  t.is(
    listAt(coordinator, "spec.template.spec.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution")
      .length,
    1,
  );
  t.is(at(coordinator, "spec.strategy.rollingUpdate.maxUnavailable"), 0);
  t.is(at(chart.one("PodDisruptionBudget", "t-troupe-coordinator"), "spec.maxUnavailable"), 1);
  t.is(at(coordinator, "spec.template.spec.automountServiceAccountToken"), false);
});

test("CRDs are templates that stay; they are those of crds/; without them nothing of the whole cluster is left but access", async (t) => {
  const chart = await rendered();
  t.deepEqual(chart.names("CustomResourceDefinition").toSorted(), ["groups.troupe.dev", "pipelines.troupe.dev"]);
  for (const crd of chart.of("CustomResourceDefinition"))
    t.is(crd.metadata.annotations?.["helm.sh/resource-policy"], "keep");
  t.deepEqual(chart.names("ValidatingAdmissionPolicy"), ["pipelines.troupe.dev"]);
  const without = await rendered({ "crds.install": false, "crds.admissionPolicy": false });
  t.deepEqual(without.names("CustomResourceDefinition"), []);
  t.deepEqual(without.names("ValidatingAdmissionPolicyBinding"), []);
});

test("options are off until they are asked for", async (t) => {
  const chart = await rendered();
  t.deepEqual([...chart.names("NetworkPolicy"), ...chart.names("ServiceMonitor")], []);
  const all = await rendered({ "networkPolicy.enabled": true, "metrics.serviceMonitor.enabled": true });
  t.deepEqual(all.names("NetworkPolicy").toSorted(), ["t-troupe-coordinator", "t-troupe-nats", "t-troupe-operator"]);
  t.deepEqual(all.names("ServiceMonitor").toSorted(), ["t-troupe-coordinator", "t-troupe-operator"]);
  const external = await rendered({ ...EXTERNAL, "networkPolicy.enabled": true });
  t.deepEqual(external.names("NetworkPolicy").toSorted(), ["t-troupe-coordinator", "t-troupe-operator"]);
});

test("fractions of a GPU are told to the operator when they are configured", async (t) => {
  const none = envOf((await rendered()).one("Deployment", "t-troupe-operator"));
  t.deepEqual([none["TROUPE_GPU_RESOURCE"], none["TROUPE_GPU_SHARED_RESOURCE"]], ["nvidia.com/gpu", undefined]);
  const shared = { "gpu.shared": { resource: "nvidia.com/gpu.shared", slices: 4 } };
  const some = envOf((await rendered(shared)).one("Deployment", "t-troupe-operator"));
  t.deepEqual([some["TROUPE_GPU_SHARED_RESOURCE"], some["TROUPE_GPU_SHARED_SLICES"]], ["nvidia.com/gpu.shared", "4"]);
});

test("uninstalling may delete Pipelines only when it was told to", async (t) => {
  const verbs = (chart: RenderedChart): readonly unknown[] =>
    listAt(chart.one("ClusterRole", "system-t-troupe-uninstall"), "rules.0.verbs");
  const job = (chart: RenderedChart): Manifest => chart.one("Job", "t-troupe-uninstall");
  const kept = await rendered();
  t.deepEqual([verbs(kept), envOf(job(kept))["TROUPE_PURGE"]], [["list", "patch"], "false"]);
  t.is(job(kept).metadata.annotations?.["helm.sh/hook"], "pre-delete");
  const purged = await rendered({ purge: true });
  t.deepEqual([verbs(purged), envOf(job(purged))["TROUPE_PURGE"]], [["list", "patch", "delete"], "true"]);
});

test("helm test has a Pipeline, and a client in the namespace of the release", async (t) => {
  const chart = await rendered({ watchNamespaces: ["team"] });
  t.is(chart.one("Pipeline", "t-troupe-test").metadata.namespace, "team");
  const pod = chart.one("Pod", "t-troupe-test");
  t.is(pod.metadata.namespace, "system");
  t.is(envOf(pod, "spec.containers.0")["TROUPE_NAMESPACE"], "team");
  const own = await rendered({ watchNamespaces: ["team", "system"] });
  t.is(own.one("Pipeline", "t-troupe-test").metadata.namespace, "system");
});

const REFUSED: Readonly<Record<string, readonly [Readonly<Record<string, unknown>>, RegExp]>> = {
  "a value that does not exist": [{ "coordinator.replica": 3 }, /replica/],
  "no coordinator at all": [{ "coordinator.replicas": 0 }, /replicas/],
  "an external NATS without an address": [{ "nats.bundled": false }, /nats\.external\.url must be set/],
  "an address that is none of NATS's": [{ ...EXTERNAL, "nats.external.url": "http://x" }, /url/],
  "a shared GPU without its slices": [{ "gpu.shared": { resource: "nvidia.com/gpu.shared", slices: 0 } }, /slices/],
  "streams on two servers": [{ ...EXTERNAL, "nats.jetstream.replicas": 2 }, /replicas/],
  "the one bundled server as three": [{ "nats.jetstream.replicas": 3 }, /must be 1 with the bundled NATS/],
  "a log level that does not exist": [{ logLevel: "loud" }, /logLevel/],
};

for (const [name, [values, expected]] of Object.entries(REFUSED)) {
  test(`refused: ${name}`, async (t) => {
    const outcome = await render(values);
    t.regex(outcome.ok ? "it was rendered" : outcome.problem, expected);
  });
}
