/** What a new version of the chart changes in what runs already. */
import ava from "ava";
import { rm } from "node:fs/promises";
import { dirname } from "node:path";
import { at, HELM, render } from "./support/helm.ts";
import { olderChart } from "./support/older-chart.ts";

const test = HELM === undefined ? ava.skip : ava;

test("it leaves nats-server alone, and replaces operator and coordinators", async (t) => {
  const older = await olderChart();
  t.teardown(async () => rm(dirname(older), { recursive: true }));
  const [before, now] = [await render({}, { name: "t", namespace: "system", chart: older }), await render()];
  if (!before.ok || !now.ok) return t.fail("one of them cannot be rendered");
  const template = (chart: typeof now.chart, kind: string, name: string): unknown =>
    at(chart.one(kind, name), "spec.template");
  t.deepEqual(
    template(now.chart, "StatefulSet", "t-troupe-nats"),
    template(before.chart, "StatefulSet", "t-troupe-nats"),
  );
  for (const name of ["t-troupe-operator", "t-troupe-coordinator"])
    t.notDeepEqual(template(now.chart, "Deployment", name), template(before.chart, "Deployment", name), name);
});

test("the older chart's CRD lacks a field, and is else the same", async (t) => {
  const older = await olderChart();
  t.teardown(async () => rm(dirname(older), { recursive: true }));
  const [before, now] = [await render({}, { name: "t", namespace: "system", chart: older }), await render()];
  if (!before.ok || !now.ok) return t.fail("one of them cannot be rendered");
  const jobs = "spec.versions.0.schema.openAPIV3Schema.properties.spec.properties.jobs.properties";
  const fields = (chart: typeof now.chart): string[] =>
    Object.keys(at(chart.one("CustomResourceDefinition", "pipelines.troupe.dev"), jobs) ?? {});
  t.deepEqual(
    fields(now.chart).filter((name) => !fields(before.chart).includes(name)),
    ["keepResultsSeconds"],
  );
});
