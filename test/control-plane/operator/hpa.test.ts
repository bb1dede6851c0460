/** A real HorizontalPodAutoscaler scales a Group, by a metric that a real APIService serves. */
import test from "ava";
import { once } from "node:events";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { conditionOf, textAt } from "../../../operator/src/children/read.ts";
import { resource, services, type KubeObject } from "../../../operator/src/kube/index.ts";
import { eventually } from "../../support/eventually.ts";
import { sharedWorld } from "./shared-world.ts";
import { Place, type World } from "./world.ts";

const world = sharedWorld({ managerFlags: ["--horizontal-pod-autoscaler-sync-period=1s"] });
let metrics: Metrics;

test.before(async () => {
  metrics = await Metrics.serve(world);
  world.defer(async () => {
    metrics.stop();
  });
});

interface Spec extends KubeObject {
  readonly spec: object;
}

const autoscalers = resource<Spec>({
  apiVersion: "autoscaling/v2",
  kind: "HorizontalPodAutoscaler",
  plural: "horizontalpodautoscalers",
  namespaced: true,
});
const apiServices = resource<Spec>({
  apiVersion: "apiregistration.k8s.io/v1",
  kind: "APIService",
  plural: "apiservices",
  namespaced: false,
});

const GROUP_VERSION = "external.metrics.k8s.io/v1beta1";
const METRIC = "blocks_queued";
const IMAGE = { image: "example.test/modules:1" };
/** kube-controller-manager looks for new kinds every 30 s. */
const LIMIT_MS = 90_000;

/** What Prometheus' adapter or KEDA would be: one number, for whoever asks. */
class Metrics {
  value = 0;
  readonly #server: Server;

  private constructor(certificate: World["plane"]["certificate"]) {
    this.#server = createServer(certificate, (request, response) => {
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify(this.#answer(request.url ?? "")));
    });
  }

  static async serve({ plane, client }: World): Promise<Metrics> {
    const metrics = new Metrics(plane.certificate);
    metrics.#server.listen(0, "localhost");
    await once(metrics.#server, "listening");
    const { port } = metrics.#server.address() as AddressInfo;
    const service = { name: "metrics", namespace: "default", port };
    await client.apply(services, {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: service.name, namespace: service.namespace },
      spec: { type: "ExternalName", externalName: "localhost", ports: [{ port }] },
    });
    await client.apply(apiServices, {
      apiVersion: "apiregistration.k8s.io/v1",
      kind: "APIService",
      metadata: { name: "v1beta1.external.metrics.k8s.io" },
      spec: {
        group: "external.metrics.k8s.io",
        version: "v1beta1",
        service,
        insecureSkipTLSVerify: true,
        groupPriorityMinimum: 100,
        versionPriority: 100,
      },
    });
    await plane.kubectl(
      "wait",
      "--for=condition=Available",
      "--timeout=60s",
      "apiservice/v1beta1.external.metrics.k8s.io",
    );
    return metrics;
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  #answer(url: string): unknown {
    if (!url.includes("/namespaces/")) {
      const resource = {
        name: METRIC,
        singularName: "",
        namespaced: true,
        kind: "ExternalMetricValueList",
        verbs: ["get"],
      };
      return { kind: "APIResourceList", apiVersion: "v1", groupVersion: GROUP_VERSION, resources: [resource] };
    }
    const item = {
      metricName: METRIC,
      metricLabels: {},
      timestamp: new Date().toISOString(),
      value: String(this.value),
    };
    return { kind: "ExternalMetricValueList", apiVersion: GROUP_VERSION, metadata: {}, items: [item] };
  }
}

async function hpaOf(place: Place): Promise<unknown> {
  return world.client.get(autoscalers, { namespace: place.namespace, name: "h" });
}

interface Scaler {
  readonly group: string;
  /** Of the metric, for each replica. */
  readonly averageValue: string;
  readonly behavior?: object;
}

async function applyScaler({ namespace }: Place, { group, averageValue, behavior = {} }: Scaler): Promise<void> {
  await world.client.apply(autoscalers, {
    apiVersion: "autoscaling/v2",
    kind: "HorizontalPodAutoscaler",
    metadata: { name: "h", namespace },
    spec: {
      scaleTargetRef: { apiVersion: "troupe.dev/v1alpha1", kind: "Group", name: group },
      minReplicas: 1,
      maxReplicas: 5,
      metrics: [
        { type: "External", external: { metric: { name: METRIC }, target: { type: "AverageValue", averageValue } } },
      ],
      behavior,
    },
  });
}

/** As `status reason`. */
async function conditionOfHpa(place: Place, type: string): Promise<string> {
  const found = conditionOf(await hpaOf(place), type);
  return found === undefined ? "" : `${textAt(found, "status")} ${textAt(found, "reason")}`;
}

test.serial("a HorizontalPodAutoscaler scales a Group up and down by a metric, and its pods with it", async (t) => {
  const place = await Place.in(world);
  await place.applyGroup("g", { source: IMAGE, replicas: 1 });
  const stop = place.keepPodsReady("troupe.dev/group=g");
  metrics.value = 6;
  await applyScaler(place, {
    group: "g",
    averageValue: "2",
    behavior: { scaleDown: { stabilizationWindowSeconds: 0 } },
  });
  const pods = async (): Promise<number> => (await place.pods("troupe.dev/group=g")).length;
  await eventually("three pods", async () => (await pods()) === 3, LIMIT_MS);
  t.is((await place.group("g"))?.spec.replicas, 3);
  // What it says of a target whose scale it can read, with a selector, and change.
  t.regex(await conditionOfHpa(place, "AbleToScale"), /^True /);
  t.regex(await conditionOfHpa(place, "ScalingActive"), /^True ValidMetricFound/);
  metrics.value = 2;
  await eventually("one pod", async () => (await pods()) === 1, LIMIT_MS);
  t.is((await place.group("g"))?.spec.replicas, 1);
  stop();
});

test.serial("it takes over from kubectl scale, which a Group without a number needs first", async (t) => {
  const place = await Place.in(world);
  const { namespace } = place;
  await place.applyPipeline("p", { source: IMAGE, modules: [{ name: "A", type: "example", group: "g" }] });
  await eventually("there is a Group", async () => (await place.group("p-g")) !== undefined);
  metrics.value = 4;
  await applyScaler(place, { group: "p-g", averageValue: "1" });
  await eventually(
    "it cannot read the scale",
    async () => (await conditionOfHpa(place, "AbleToScale")) === "False FailedGetScale",
    LIMIT_MS,
  );
  await world.plane.kubectl("scale", "groups.troupe.dev/p-g", "-n", namespace, "--replicas=1");
  await eventually("it has scaled", async () => (await place.group("p-g"))?.spec.replicas === 4, LIMIT_MS);
  await eventually(
    "its Deployment follows",
    async () => (await place.deployments())[0]?.spec?.replicas === 4,
    LIMIT_MS,
  );
  t.pass();
});
