/** What all steps of the journey share: a cluster, Troupe on it, and the way to its NATS. */
import { configMapYaml } from "@troupe/model";
import type { JobOutcome } from "@troupe/sdk";
import type { ExecutionContext } from "ava";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { eventually } from "../../support/eventually.ts";
import { Cluster } from "./cluster.ts";
import { Door, restrictedNamespace } from "./installation.ts";
import { at, listAt } from "./helm.ts";
import { Pages } from "./pages.ts";

const ROOT = resolve(import.meta.dirname, "../../..");
export const TEAM = "team";

/** One step of the journey: a test that runs after those before it. */
export type Step = (name: string, run: (t: ExecutionContext) => Promise<void>) => void;

export interface World {
  readonly cluster: Cluster;
  door: Door;
  readonly pages: Pages;
}

/** `examples/NAME/kubernetes.yaml`, as it stands. */
export async function exampleManifest(name: string): Promise<string> {
  return readFile(resolve(ROOT, "examples", name, "kubernetes.yaml"), "utf8");
}

export async function applyReady({ cluster }: World, name: string, yaml: string, namespace = TEAM): Promise<void> {
  await cluster.apply(namespace, yaml);
  try {
    await cluster.wait(namespace, `pipeline/${name}`, "condition=Ready");
  } catch (error) {
    const state = await cluster.kubectl([
      "get",
      "pipelines,groups,pods,events",
      "--namespace",
      namespace,
      "-o",
      "wide",
    ]);
    throw new Error(`pipeline ${name} did not become ready:\n${state}`, { cause: error });
  }
}

/** Pipelines take room on the node; a step removes its own, and need not see it go. */
export async function remove({ cluster }: World, name: string): Promise<void> {
  await cluster.kubectl(["delete", "pipeline", name, "--namespace", TEAM, "--wait=false"]);
}

/** The modules of the tests, in a ConfigMap. @param version what their results say of it */
export async function applyModules(
  { cluster }: World,
  version = 1,
  name = "work-modules",
  namespace = TEAM,
): Promise<void> {
  const code = await readFile(resolve(ROOT, "test/e2e/fixtures/modules/work.ts"), "utf8");
  const data = { "work.ts": code.replace("VERSION = 1", `VERSION = ${version}`) };
  await cluster.apply(namespace, configMapYaml({ name, data }));
}

export interface WorkGroup {
  readonly name: string;
  readonly ms: number;
  /** Absent: one, until somebody scales it. */
  readonly replicas?: number;
  /** As YAML writes it; instead of `replicas`. */
  readonly autoscale?: string;
  /** As YAML writes it. */
  readonly resources?: string;
}

/** A chain of groups that work one after another; the last one's result is exposed as `result`. */
export function workPipeline(name: string, groups: readonly WorkGroup[], configMap = "work-modules"): string {
  const modules = groups.map(({ name: group, ms }, index) => {
    const before = groups[index - 1];
    const dependsOn = before === undefined ? "" : `, dependsOn: [work-${before.name}]`;
    const expose = index === groups.length - 1 ? ", expose: result" : "";
    return `    - { name: work-${group}, type: work, group: ${group}, parameters: { ms: ${ms} }${dependsOn}${expose} }`;
  });
  const settings = groups.map(({ name: group, replicas, autoscale, resources = "{}" }) => {
    const number = replicas === undefined ? "" : `replicas: ${replicas}, `;
    const size = autoscale === undefined ? number : `autoscale: ${autoscale}, `;
    return `    - { name: ${group}, ${size}resources: ${resources} }`;
  });
  return `
apiVersion: troupe.dev/v1alpha1
kind: Pipeline
metadata: { name: ${name} }
spec:
  source: { configMap: ${configMap} }
  modules:
${modules.join("\n")}
  groups:
${settings.join("\n")}
`;
}

/** What \`work\` said, in the order of the inputs; whatever did not end as done stands there as it ended. */
export function said(outcomes: readonly JobOutcome[], field: string): unknown[] {
  return outcomes.map((outcome) => (outcome.state === "done" ? at(outcome.result, `result.${field}`) : outcome));
}

export async function podNames({ cluster }: World, selector: string, namespace = TEAM): Promise<string[]> {
  const pods = await cluster.json(["get", "pods", "--namespace", namespace, "--selector", selector]);
  return listAt(pods, "items").map((pod) => String(at(pod, "metadata.name")));
}

/** Status and message of a condition, or undefined while there is none. */
export async function conditionOf(
  { cluster }: World,
  resource: string,
  type: string,
): Promise<{ readonly status: unknown; readonly reason: unknown; readonly message: string } | undefined> {
  const object = await cluster.json(["get", resource, "--namespace", TEAM]);
  const found = listAt(object, "status.conditions").find((condition) => at(condition, "type") === type);
  if (found === undefined) return undefined;
  return { status: at(found, "status"), reason: at(found, "reason"), message: String(at(found, "message")) };
}

/** Waits until a condition, as `status reason: message`, is as expected; there may be no such object yet. @returns it so */
export async function untilSays(world: World, resource: string, type: string, expected: RegExp): Promise<string> {
  let says = "";
  const isExpected = async (): Promise<boolean> => {
    try {
      const found = await conditionOf(world, resource, type);
      says = found === undefined ? "" : `${String(found.status)} ${String(found.reason)}: ${found.message}`;
    } catch (error) {
      says = String(error);
    }
    return expected.test(says);
  };
  await eventually("", isExpected, 180_000).catch((error: unknown) => {
    throw new Error(`${resource} never was ${type}=${String(expected)}; it is ${says}`, { cause: error });
  });
  return says;
}

/** The journey deletes all Pipelines, as the pages have it: there must be none of somebody else's. */
async function assertNobodysPipelines(cluster: Cluster): Promise<void> {
  if (cluster.isOwn) return;
  const { stdout } = await cluster.tryKubectl(["get", "pipelines.troupe.dev", "--all-namespaces", "-o", "name"]);
  if (stdout.trim() !== "")
    throw new Error(`these would be deleted, so nothing was begun: ${stdout.trim().replaceAll("\n", ", ")}`);
}

/** @returns a world, and how it ends */
export async function openWorld(install: (cluster: Cluster, pages: Pages) => Promise<void>): Promise<World> {
  const cluster = await Cluster.open();
  try {
    await assertNobodysPipelines(cluster);
    const pages = await Pages.read(async (script, options) => cluster.shell(script, options));
    for (const namespace of ["troupe-system", TEAM]) await restrictedNamespace(cluster, namespace);
    await install(cluster, pages);
    return { cluster, pages, door: await Door.open(cluster) };
  } catch (error) {
    await cluster[Symbol.asyncDispose]();
    throw error;
  }
}
