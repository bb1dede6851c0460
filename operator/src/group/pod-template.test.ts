import test from "ava";
import { parseQuantity, type GroupSettings, type JsonObject } from "@troupe/model";
import { at, listAt, textAt } from "../children/read.ts";
import type { Installation } from "../installation.ts";
import { INSTALLATION } from "../installation-fixture.ts";
import type { GroupFacts } from "./group-facts.ts";
import { groupTemplate } from "./pod-template.ts";

const FACTS: GroupFacts = {
  namespace: "films",
  uid: "u",
  pipeline: "film",
  group: "g",
  settings: {},
  source: { image: null, configMap: "film-source-1" },
  credentialsSecret: null,
};
const OWN_IMAGE = { source: { image: "example.test/mine:1", configMap: null } };

function made(facts: Partial<GroupFacts> = {}, installation: Partial<Installation> = {}): JsonObject {
  return groupTemplate({ ...FACTS, ...facts }, { ...INSTALLATION, ...installation }).template;
}

function hashOf(facts: Partial<GroupFacts> = {}, installation: Partial<Installation> = {}): string {
  return groupTemplate({ ...FACTS, ...facts }, { ...INSTALLATION, ...installation }).hash;
}

const main = (template: JsonObject): unknown => at(template, "spec", "containers", 0);
const envOf = (template: JsonObject): Map<string, string> =>
  new Map(listAt(main(template), "env").map((entry) => [textAt(entry, "name"), textAt(entry, "value")]));
const namesIn = (value: unknown, ...path: string[]): string[] =>
  listAt(value, ...path).map((item) => textAt(item, "name"));

test("the hash stands in label and environment, and the same facts have the same", (t) => {
  const { hash, template } = groupTemplate(FACTS, INSTALLATION);
  t.is(textAt(template, "metadata", "labels", "troupe.dev/template"), hash);
  t.is(envOf(template).get("TROUPE_TEMPLATE_HASH"), hash);
  t.is(hashOf(structuredClone(FACTS)), hash);
});

const OTHER_PODS: readonly (readonly [string, Partial<GroupFacts>, Partial<Installation>])[] = [
  ["another group", { group: "h" }, {}],
  ["another pipeline", { pipeline: "other" }, {}],
  ["another incarnation of the pipeline", { uid: "v" }, {}],
  ["no pipeline", { pipeline: null }, {}],
  ["other modules", { source: { image: null, configMap: "film-source-2" } }, {}],
  ["an image of one's own", OWN_IMAGE, {}],
  ["credentials", { credentialsSecret: "s" }, {}],
  ["concurrency", { settings: { concurrency: 2 } }, {}],
  ["claims", { settings: { resources: { cpu: "1" } } }, {}],
  ["an overlay", { settings: { template: { metadata: { labels: { team: "a" } } } } }, {}],
  ["another runtime image", {}, { runtimeImage: "example.test/runtime:2" }],
  ["an authority of NATS's", {}, { natsCa: "one" }],
  ["another NATS", {}, { natsUrl: "nats://other:4222" }],
];

for (const [what, facts, installation] of OTHER_PODS)
  test(`${what}: other pods, another hash`, (t) => {
    t.not(hashOf(facts, installation), hashOf());
  });

const SAME_PODS: readonly (readonly [string, GroupSettings])[] = [
  ["replicas", { replicas: 5 }],
  ["autoscale", { autoscale: { maxReplicas: 3 } }],
  ["drainTimeoutSeconds", { drainTimeoutSeconds: 5 }],
  ["concurrency of one, which is the default", { concurrency: 1 }],
];

for (const [what, settings] of SAME_PODS)
  test(`${what}: the same pods, the same hash`, (t) => {
    t.is(hashOf({ settings }), hashOf());
  });

test("modules of a ConfigMap run in the runtime image, mounted read-only", (t) => {
  const template = made();
  t.is(textAt(main(template), "image"), "example.test/runtime:1");
  t.deepEqual(at(main(template), "command"), ["node", "/opt/troupe/agent.js"]);
  t.is(at(template, "spec", "initContainers"), undefined);
  t.deepEqual(namesIn(template, "spec", "volumes"), ["troupe-tmp", "troupe-modules"]);
  const mounts = listAt(main(template), "volumeMounts");
  t.like(mounts[1], { name: "troupe-modules", mountPath: "/modules", readOnly: true });
});

test("an image of one's own gets agent, host and Node from an init container", (t) => {
  const template = made(OWN_IMAGE, { imagePullPolicy: "Never", imagePullSecrets: ["registry"] });
  t.is(textAt(main(template), "image"), "example.test/mine:1");
  t.is(textAt(main(template), "command", 0), "/opt/troupe/lib/loader");
  t.like(listAt(template, "spec", "initContainers")[0], { image: "example.test/runtime:1", imagePullPolicy: "Never" });
  t.deepEqual(at(template, "spec", "imagePullSecrets"), [{ name: "registry" }]);
});

test("a free-standing Group runs the nursery", (t) => {
  t.deepEqual(at(main(made({ pipeline: null })), "command"), ["node", "/opt/troupe/nursery.js"]);
});

test("the actors of a replica have a folder for what they share, which holds less than what Kubernetes evicts the pod for", (t) => {
  const template = made({ pipeline: null });
  const folder = envOf(template).get("TROUPE_OBJECTS");
  const mount = listAt(main(template), "volumeMounts").find((each) => textAt(each, "mountPath") === folder);
  const volume = listAt(template, "spec", "volumes").find((each) => textAt(each, "name") === textAt(mount, "name"));
  const limitBytes = Number(parseQuantity(at(volume, "emptyDir", "sizeLimit")));
  t.true(Number(envOf(template).get("TROUPE_OBJECT_BYTES")) < limitBytes);
  t.false(envOf(made()).has("TROUPE_OBJECTS"));
});

test("credentials are mounted, and named to the agent", (t) => {
  const template = made({ credentialsSecret: "s" });
  t.true(JSON.stringify(at(template, "spec", "volumes")).includes('{"secretName":"s"}'));
  t.is(envOf(template).get("TROUPE_NATS_CREDS"), "/var/run/troupe/nats/user.creds");
  t.false(envOf(made()).has("TROUPE_NATS_CREDS"));
});

test("the authority of NATS is mounted and trusted, and another one takes other pods", (t) => {
  const template = made({}, { natsCa: "one" });
  t.regex(JSON.stringify(at(template, "spec", "volumes")), /"configMap":\{"name":"film-g-nats-ca-[0-9a-f]{8}"\}/);
  t.is(envOf(template).get("NODE_EXTRA_CA_CERTS"), "/var/run/troupe/nats-ca/ca.crt");
  t.not(hashOf({}, { natsCa: "one" }), hashOf({}, { natsCa: "two" }));
});

test("claims: CPU is requested, memory is requested and limited, a GPU is limited", (t) => {
  const resources = { cpu: "500m", memory: "1Gi", gpu: 1 };
  t.deepEqual(at(main(made({ settings: { resources } })), "resources"), {
    requests: { cpu: "500m", memory: "1Gi" },
    limits: { memory: "1Gi", "nvidia.com/gpu": "1" },
  });
});

test("a pod may take longer to leave than its agent waits", (t) => {
  const template = made({ settings: { graceSeconds: 20 } });
  const ms = Number(envOf(template).get("TROUPE_DRAIN_MS"));
  t.is(ms, 30_000);
  t.true(Number(at(template, "spec", "terminationGracePeriodSeconds")) * 1000 > ms + 20_000);
});

test("the overlay adds to what is managed", (t) => {
  const template = made({
    settings: { template: { spec: { nodeSelector: { zone: "a" }, containers: [{ name: "sidecar" }] } } },
  });
  t.deepEqual(namesIn(template, "spec", "containers"), ["troupe", "sidecar"]);
  t.is(textAt(template, "spec", "nodeSelector", "zone"), "a");
});
