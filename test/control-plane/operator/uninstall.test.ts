/** The steps of the chart's pre-delete hook, on a real API server. Nothing runs the pods: the test says how they are. */
import test from "ava";
import { deployments, KubeClient, pods } from "../../../operator/src/kube/index.ts";
import { stopOperator, type Uninstalling } from "../../../operator/src/uninstall/steps.ts";
import { startControlPlane, type ControlPlane } from "../../support/control-plane.ts";
import { eventually } from "../../support/eventually.ts";

const LABELS = { app: "operator" };
const SELECTOR = "app=operator";
const PATIENT_MS = 600_000;

let plane: ControlPlane;
let client: KubeClient;

test.before(async () => {
  plane = await startControlPlane();
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
