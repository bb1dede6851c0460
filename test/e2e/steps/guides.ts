/** What the operations guide says to type, as far as no other step has a reason to. */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { eventually } from "../../support/eventually.ts";
import { at, listAt } from "../support/helm.ts";
import { applyModules, applyReady, podNames, workPipeline, type Step, type World } from "../support/world.ts";

const ROOT = resolve(import.meta.dirname, "../../..");
/** That of whoever types. */
const NAMESPACE = "default";
const PODS = "troupe.dev/pipeline=film,troupe.dev/group=g2";

export function describeGuides(step: Step, world: () => World): void {
  step("the values of the chart are shown, and Argo CD's configuration gets the health script", async (t) => {
    const { cluster, pages } = world();
    t.is(
      await pages.type("helm show values"),
      `${await readFile(resolve(ROOT, "charts/troupe/values.yaml"), "utf8")}\n`,
    );
    await cluster.kubectl(["create", "namespace", "argocd"]);
    await pages.type("kubectl create configmap argocd-cm");
    const data = at(await cluster.json(["get", "configmap", "argocd-cm", "--namespace", "argocd"]), "data");
    const script = await readFile(resolve(ROOT, "crds/argocd-health.lua"), "utf8");
    const names = ["Pipeline", "Group"].map((kind) => `resource.customizations.health.troupe.dev_${kind}`);
    t.deepEqual(data, Object.fromEntries(names.map((name) => [name, script])));
    await cluster.kubectl(["delete", "namespace", "argocd", "--wait=false"]);
  });

  step("a group is scaled by hand, and handed to a HorizontalPodAutoscaler", async (t) => {
    await applyModules(world(), 1, "work-modules", NAMESPACE);
    await applyReady(world(), "film", workPipeline("film", [{ name: "g2", ms: 1 }]), NAMESPACE);
    const { pages } = world();
    const pods = async (): Promise<number> => (await podNames(world(), PODS, NAMESPACE)).length;
    await pages.type("kubectl scale group film-g2 --replicas 3");
    await eventually("there are three", async () => (await pods()) === 3);
    await pages.type(["kubectl scale groups.troupe.dev film-g2", "kubectl apply -f - <<'END'"]);
    await eventually("there is one again", async () => (await pods()) === 1);
    t.is(await pods(), 1);
  });
}

/** Some time after {@link describeGuides}: the autoscaler looks every fifteen seconds. */
export function describeAutoscaler(step: Step, world: () => World): void {
  step("the HorizontalPodAutoscaler of the page reads the Group's scale, and asks for its metric", async (t) => {
    const { cluster } = world();
    const conditions = async (): Promise<Record<string, unknown>> => {
      const list = listAt(await cluster.json(["get", "hpa", "film-g2", "--namespace", NAMESPACE]), "status.conditions");
      return Object.fromEntries(list.map((each) => [String(at(each, "type")), at(each, "reason")]));
    };
    await eventually("it has looked", async () => "ScalingActive" in (await conditions()));
    const { AbleToScale, ScalingActive } = await conditions();
    t.is(AbleToScale, "SucceededGetScale");
    t.is(ScalingActive, "FailedGetExternalMetric", "no cluster has that metric");
    await cluster.kubectl(["delete", "hpa/film-g2", "pipeline/film", "--namespace", NAMESPACE, "--wait=false"]);
  });
}
