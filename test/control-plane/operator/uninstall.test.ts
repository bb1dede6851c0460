/** The steps of the chart's pre-delete hook, on a real API server. Nothing runs the pods: the test says how they are. */
import test from "ava";
import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { deployments, KubeClient, pods, secrets } from "../../../operator/src/kube/index.ts";
import { FINALIZER } from "../../../operator/src/pipeline/clean-up.ts";
import { groups, pipelines } from "../../../operator/src/resources.ts";
import { stopOperator, type Uninstalling } from "../../../operator/src/uninstall/steps.ts";
import { rendered } from "../../e2e/support/helm.ts";
import { grantedBy } from "../../support/grants.ts";
import { startControlPlane, type ControlPlane } from "../../support/control-plane.ts";
import { eventually } from "../../support/eventually.ts";
import { auditedRights } from "./audited-writes.ts";
import { grantRights, OPERATOR, RELEASE } from "./rights.ts";

const ROOT = resolve(import.meta.dirname, "../../..");
const CRDS = join(ROOT, "crds");
const HOOK = join(ROOT, "operator/src/uninstall/main.ts");
const LABELS = { app: "operator" };
const SELECTOR = "app=operator";
const PATIENT_MS = 600_000;

let plane: ControlPlane;
let client: KubeClient;

test.before(async () => {
  plane = await startControlPlane({ audit: true });
  client = KubeClient.for(plane.config(), "test");
});

test.after.always(async () => {
  client.close();
  await plane[Symbol.asyncDispose]();
});

interface Release {
  readonly at: Uninstalling;
  readonly said: string[];
  /** A pod of the operator, as a kubelet says that it is. */
  readonly pod: (name: string, phase: string) => Promise<void>;
}

/** A namespace with an operator of two replicas. */
async function release(): Promise<Release> {
  const namespace = await plane.namespace();
  const said: string[] = [];
  const containers = [{ name: "main", image: "example.test/operator:1" }];
  await client.create(deployments, {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "operator", namespace },
    spec: {
      replicas: 2,
      selector: { matchLabels: LABELS },
      template: { metadata: { labels: LABELS }, spec: { containers } },
    },
  });
  return {
    at: { client, namespace, watched: null, log: (message) => said.push(message) },
    said,
    pod: async (name, phase) => {
      const metadata = { name, namespace, labels: LABELS };
      await client.create(pods, { apiVersion: "v1", kind: "Pod", metadata, spec: { containers } });
      const subresource = "status";
      await client.patch(pods, { namespace, name }, { type: "merge", body: { status: { phase } } }, { subresource });
    },
  };
}

test("pods that have ended keep nobody waiting: an evicted one stays for good", async (t) => {
  const { at, pod, said } = await release();
  await pod("evicted", "Failed");
  await pod("over", "Succeeded");
  await stopOperator(at, { deployment: "operator", selector: SELECTOR, timeoutMs: PATIENT_MS });
  const { spec } = await client.get(deployments, { namespace: at.namespace, name: "operator" });
  t.is(spec?.replicas, 0);
  t.deepEqual(said, ["the operator has ended"]);
});

test("one that runs is waited for", async (t) => {
  const { at, pod, said } = await release();
  await pod("alive", "Running");
  const stopped = stopOperator(at, { deployment: "operator", selector: SELECTOR, timeoutMs: PATIENT_MS });
  await eventually("it is told to end", async () => {
    return (await client.get(deployments, { namespace: at.namespace, name: "operator" })).spec?.replicas === 0;
  });
  t.deepEqual(said, []);
  await client.delete(pods, { namespace: at.namespace, name: "alive" }, { graceSeconds: 0 });
  await stopped;
  t.deepEqual(said, ["the operator has ended"]);
});

test("one that does not end is named, with what to do", async (t) => {
  const { at, pod } = await release();
  await pod("evicted", "Failed");
  await pod("lost", "Running");
  const { message } = await t.throwsAsync(
    stopOperator(at, { deployment: "operator", selector: SELECTOR, timeoutMs: 1_000 }),
  );
  t.regex(message, /the operator has not ended within 1 s: lost \(Running\)/);
  t.regex(message, /kubectl delete pod --force lost/);
  t.notRegex(message, /evicted/);
});

test("without the Deployment there is nothing to stop", async (t) => {
  const { at, said } = await release();
  await stopOperator(at, { deployment: "another", selector: "app=another", timeoutMs: PATIENT_MS });
  t.deepEqual(said, ["the operator has ended"]);
});

test("the whole hook, with the rights that the chart gives it and uses none beside, lets everything go that has no operator", async (t) => {
  await plane.apply(CRDS);
  const values = { purge: true };
  const kubeconfig = join(dirname(plane.kubeconfig), "uninstall.conf");
  await writeFile(kubeconfig, plane.config({ token: await grantRights(client, values, "uninstall") }).exportConfig());
  const namespace = await plane.namespace();
  const metadata = { name: "p", namespace, finalizers: [FINALIZER] };
  const apiVersion = "troupe.dev/v1alpha1";
  const modules = [{ name: "A", type: "example", group: "g" }];
  await client.create(pipelines, { apiVersion, kind: "Pipeline", metadata, spec: { modules } });
  await client.create(groups, { apiVersion, kind: "Group", metadata, spec: {} });
  const keys = { name: "troupe-nats-keys", namespace: RELEASE.namespace };
  await client.create(secrets, { apiVersion: "v1", kind: "Secret", metadata: keys });
  await promisify(execFile)(process.execPath, ["--disable-warning=ExperimentalWarning", HOOK], {
    env: {
      PATH: process.env["PATH"],
      KUBECONFIG: kubeconfig,
      TROUPE_NAMESPACE: RELEASE.namespace,
      TROUPE_OPERATOR: OPERATOR,
      TROUPE_OPERATOR_SELECTOR: "app.kubernetes.io/component=operator",
      TROUPE_PURGE: "true",
      TROUPE_PURGE_TIMEOUT_SECONDS: "1",
      TROUPE_NATS_SECRETS: "troupe-nats",
    },
  });
  t.is(await client.find(pipelines, { namespace, name: "p" }), undefined);
  t.is(await client.find(groups, { namespace, name: "p" }), undefined);
  t.is(await client.find(secrets, keys), undefined);
  const { used, refused } = await auditedRights({ plane });
  t.deepEqual(refused, []);
  t.deepEqual([...used].sort(), [...grantedBy(await rendered(values, RELEASE), "uninstall")].sort());
});
