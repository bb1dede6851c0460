/** How long the operator takes until a thousand Groups have their Deployments, beside a thousand bare Deployments. */
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { deployments, startInformer, type Deployment } from "../../operator/src/kube/index.ts";
import { OperatorProcess } from "../../test/control-plane/operator/operator-process.ts";
import { Place, startWorld, type World } from "../../test/control-plane/operator/world.ts";
import { eventually } from "../../test/support/eventually.ts";
import { CpuMeter, type CpuShare } from "../measure/cpu-meter.ts";
import { median } from "../measure/quantile.ts";
import type { Figure } from "../report/figure.ts";
import { Skipped, type Section } from "./section.ts";

/** Requests of the client that are under way at once. */
const AT_ONCE = 16;
const LIMIT_MS = 600_000;
/** By default it asks 20 times a second: then that is all that is measured. */
const MANAGER_FLAGS = ["--kube-api-qps=2000", "--kube-api-burst=2000"];
const GROUP = { source: { image: "example.test/modules:1" }, replicas: 0 };

export const operator: Section = {
  name: "operator",
  title: "Groups become Deployments, beside bare Deployments",
  run: async ({ quick, say }) => {
    if (!hasBinaries()) throw new Skipped("there are no binaries of Kubernetes; hack/cluster/build builds them");
    const count = quick ? 50 : 1_000;
    await using world = await startWorld({ managerFlags: MANAGER_FLAGS });
    await using running = new OperatorProcess(world);
    await running.started();
    const spec = await specOfAGroup(world);
    const meter = new CpuMeter([
      { name: "operator", pid: running.pid },
      { name: "API server", pid: world.plane.apiServer.pid },
      { name: "etcd", pid: world.plane.etcd.pid },
    ]);
    const turns: Turn[] = [];
    meter.look();
    for (let turn = 0; turn < (quick ? 1 : 3); turn++) {
      const bare = await timed(world, count, async (place, name) => applyBare(world, place, name, spec));
      const bareCpu = meter.look();
      const groups = await timed(world, count, async (place, name) => place.applyGroup(name, GROUP));
      turns.push({ bare, groups, bareCpu, groupsCpu: meter.look() });
      say(`turn ${turn + 1}: ${count} Deployments ${seconds(bare)} s, ${count} Groups ${seconds(groups)} s`);
    }
    return figuresOf(turns, count);
  },
};

interface Turn {
  readonly bare: Times;
  readonly groups: Times;
  readonly bareCpu: CpuShare;
  readonly groupsCpu: CpuShare;
}

interface Times {
  readonly appliedMs: number;
  readonly observedMs: number;
}

function figuresOf(turns: readonly Turn[], count: number): Figure[] {
  const applied = (of: readonly Times[]): string =>
    `the client had applied them after ${(median(of.map(({ appliedMs }) => appliedMs)) / 1000).toFixed(1)} s`;
  const others = `others took ${median(turns.map(({ groupsCpu }) => groupsCpu.othersCores)).toFixed(1)} cores, kube-controller-manager among them`;
  const [bare, groups] = [turns.map((turn) => turn.bare), turns.map((turn) => turn.groups)];
  const cpu = (of: (turn: Turn) => CpuShare, ...names: readonly string[]): number[] =>
    turns.map(of).map(({ micros }) => names.reduce((sum, name) => sum + (micros[name] ?? 0), 0) / 1000 / count);
  const toSeconds = ({ observedMs }: Times): number => observedMs / 1000;
  return [
    {
      ...figure("bareDeployments", "s", bare.map(toSeconds)),
      text: `${count} bare Deployments, until all are observed`,
      note: applied(bare),
    },
    {
      ...figure("groups", "s", groups.map(toSeconds)),
      text: `${count} Groups, until all their Deployments are`,
      note: applied(groups),
    },
    { ...figure("ratio", "×", turns.map(ratioOf)), text: "  as many times as long, in the same turn", note: others },
    {
      ...figure(
        "cpu",
        "ms",
        cpu(({ groupsCpu }) => groupsCpu, "operator"),
      ),
      text: "  CPU of the operator a Group",
    },
    {
      ...figure(
        "bareServerCpu",
        "ms",
        cpu(({ bareCpu }) => bareCpu, "API server", "etcd"),
      ),
      text: "  CPU of API server and etcd, a bare Deployment",
    },
    {
      ...figure(
        "serverCpu",
        "ms",
        cpu(({ groupsCpu }) => groupsCpu, "API server", "etcd"),
      ),
      text: "  the same, a Group",
    },
  ];
}

function figure(id: string, unit: string, values: readonly number[]): Omit<Figure, "text"> {
  return { id: `operator.${id}`, unit, value: median(values), best: Math.min(...values) };
}

function ratioOf({ bare, groups }: Turn): number {
  return groups.observedMs / bare.observedMs;
}

function seconds({ observedMs }: Times): string {
  return (observedMs / 1000).toFixed(1);
}

/** From the first request until the API server shows of each Deployment that kube-controller-manager has looked at it. */
async function timed(
  world: World,
  count: number,
  apply: (place: Place, name: string) => Promise<unknown>,
): Promise<Times> {
  const place = await Place.in(world);
  const observed = new Set<string>();
  await using informer = startInformer({
    client: world.client,
    resource: deployments,
    namespaces: [place.namespace],
  });
  informer.onChange(({ object }) => {
    if (isObserved(object)) observed.add(object.metadata.name);
  });
  await informer.synced;
  const began = performance.now();
  const names = Array.from({ length: count }, (_, index) => `g${index}`).values();
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (const name of names) await apply(place, name);
    }),
  );
  const appliedMs = performance.now() - began;
  await eventually("all Deployments are observed", () => observed.size === count, LIMIT_MS);
  return { appliedMs, observedMs: performance.now() - began };
}

function isObserved({ metadata, status }: Deployment): boolean {
  return (status?.observedGeneration ?? 0) >= (metadata.generation ?? 1);
}

/** What the operator makes of a Group: the bare ones are to be the same. */
async function specOfAGroup(world: World): Promise<Deployment["spec"]> {
  const place = await Place.in(world);
  await place.applyGroup("model", GROUP);
  await eventually("the Group has its Deployment", async () => (await place.deployments()).length === 1);
  return (await place.deployments())[0]?.spec;
}

async function applyBare(
  { client }: World,
  { namespace }: Place,
  name: string,
  spec: Deployment["spec"],
): Promise<void> {
  const labels = { app: name };
  const template = { ...spec?.template, metadata: { labels } };
  const body = {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name, namespace },
    spec: { ...spec, selector: { matchLabels: labels }, template },
  };
  await client.apply(deployments, body, { fieldManager: "a-user" });
}

/** A benchmark does not build for half an hour on the side. */
function hasBinaries(): boolean {
  const folder =
    process.env["KUBEBUILDER_ASSETS"] ?? process.env["CLUSTER_BIN"] ?? join(homedir(), ".cache/troupe-cluster/bin");
  return ["etcd", "kube-apiserver", "kube-controller-manager", "kubectl"].every((name) =>
    existsSync(join(folder, name)),
  );
}
