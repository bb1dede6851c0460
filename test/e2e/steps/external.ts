/** A NATS of somebody else's: with TLS and accounts, the chart given its address, credentials and authority. */
import type { ExecutionContext } from "ava";
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { at, listAt, shownCommands } from "../support/helm.ts";
import { IMAGES, RELEASE, SYSTEM } from "../support/installation.ts";
import { CA, OutsideNats } from "../support/outside-nats.ts";
import {
  applyModules,
  applyReady,
  remove,
  said,
  TEAM,
  untilSays,
  workPipeline,
  type Step,
  type World,
} from "../support/world.ts";
import { assertOwnSubjectsAlone } from "./security.ts";

const EXAMPLES = resolve(import.meta.dirname, "../../../examples");
const JOBS = Array.from({ length: 50 }, (_, index) => index);
const GROUPS = [
  { name: "first", ms: 1 },
  { name: "second", ms: 1 },
];

async function assertJobsRun(t: ExecutionContext, { door }: World, namespace = TEAM): Promise<void> {
  await using client = await door.client(namespace, "guest");
  t.deepEqual(said(await client.runMany(JOBS), "input"), JOBS);
}

async function untilIsolated(world: World, expected: RegExp): Promise<void> {
  for (const { name } of GROUPS) await untilSays(world, `group/guest-${name}`, "NatsIsolated", expected);
}

export function describeExternal(step: Step, world: () => World): void {
  let outside: OutsideNats | undefined;

  step("an external NATS with TLS and accounts: jobs run, and each group has credentials of its own", async (t) => {
    t.timeout(600_000);
    const { cluster, pages } = world();
    outside = await OutsideNats.start(cluster);
    // Here the CRDs are not the chart's.
    await pages.type("kubectl apply --server-side -f crds/");
    const values = `--wait --timeout 3m --set ${IMAGES},nats.external.caSecret=${CA},crds.install=false,crds.admissionPolicy=false`;
    await pages.type(
      "helm install troupe charts/troupe --namespace troupe-system --create-namespace \\\n  --set nats.b",
      {
        instead: { "charts/troupe": `charts/troupe ${values}`, "tls://nats.example:4222": outside.url },
        timeoutMs: 200_000,
      },
    );
    t.is(await cluster.kubectl(["get", "statefulsets", "--namespace", SYSTEM, "-o", "name"]), "");
    await world().door[Symbol.asyncDispose]();
    world().door = await outside.door();
    await applyReady(world(), "guest", workPipeline("guest", GROUPS));
    await assertJobsRun(t, world());
    await untilIsolated(world(), /^True OwnCredentials: $/);
    await assertOwnSubjectsAlone(t, world(), { pipeline: "guest", group: "first", other: "second" });
    await untilSays(world(), "pipeline/guest", "Durable", /^Unknown NotProven: /);
  });

  step("what the chart says after the installation can be typed as it stands", async (t) => {
    const { cluster, door } = world();
    const commands = shownCommands(await cluster.helm(["get", "notes", RELEASE, "--namespace", SYSTEM]));
    const script = commands.join("\n").replace(/https:\S+\/examples\//, `${EXAMPLES}/`);
    const text = await cluster.shell(`set -e\ncd "${door.folder}"\n${script}`, { timeoutMs: 300_000 });
    t.regex(text, /Phase: +Succeeded/);
    t.regex(text, /^pipeline\.troupe\.dev\/simple /m);
    t.regex(await readFile(join(door.folder, "client.creds"), "utf8"), /BEGIN NATS USER JWT/);
    t.regex(await readFile(join(door.folder, "ca.crt"), "utf8"), /BEGIN CERTIFICATE/);
    await cluster.kubectl(["delete", "pipeline", "simple", "--timeout=60s"]);
  });

  step("without the seed groups share credentials, and say so; named monitoring shows that it syncs", async (t) => {
    t.timeout(600_000);
    if (outside === undefined) throw new Error("the step before has started no NATS");
    await outside.withoutSeed();
    await world().pages.type(
      "helm upgrade troupe charts/troupe --namespace troupe-system --reuse-values \\\n  --set 'nats.external.monitor",
      {
        instead: { "http://nats-0.nats:8222\\,http://nats-1.nats:8222": outside.monitorUrl },
      },
    );
    await untilIsolated(world(), /^False SharedCredentials: All groups share/);
    await untilSays(world(), "pipeline/guest", "Durable", /^True Synced: /);
    await assertJobsRun(t, world());
    const shown = await world().pages.type("kubectl get pipelines -A -o custom-columns");
    t.regex(shown, /^NAME +DURABLE +WHY$/m);
    t.regex(shown, /^guest +True +Synced$/m);
  });

  step("for named namespaces the operator has a role in each, and runs what is there", async (t) => {
    t.timeout(600_000);
    const { cluster, pages } = world();
    // Who looks after it until then lets go of it.
    await remove(world(), "guest");
    await cluster.wait(TEAM, "pipeline/guest", "delete");
    for (const name of ["film", "books"]) await cluster.kubectl(["create", "namespace", name]);
    await pages.type(
      "helm upgrade troupe charts/troupe --namespace troupe-system --reuse-values --set 'watchNamespaces",
    );
    const mayList = async (namespace: string): Promise<string> => {
      const account = `system:serviceaccount:${SYSTEM}:${RELEASE}-operator`;
      const asked = ["auth", "can-i", "list", "secrets", "--namespace", namespace, "--as", account];
      return (await cluster.tryKubectl(asked)).stdout.trim();
    };
    t.deepEqual(await Promise.all(["film", "books", TEAM, "default"].map(mayList)), ["yes", "yes", "no", "no"]);
    await applyModules(world(), 1, "work-modules", "film");
    await applyReady(world(), "guest", workPipeline("guest", GROUPS), "film");
    await assertJobsRun(t, world(), "film");
    const roles = await cluster.json(["get", "clusterrolebindings"]);
    const subjects = listAt(roles, "items").flatMap((binding) => listAt(binding, "subjects"));
    t.false(subjects.some((subject) => at(subject, "namespace") === SYSTEM));
  });

  step("what is uninstalled leaves Pipelines that can be deleted, also without the volume of a NATS", async (t) => {
    const { cluster, pages } = world();
    await pages.type("helm uninstall troupe --namespace troupe-system", { timeoutMs: 150_000 });
    await cluster.kubectl(["delete", "pipeline", "guest", "--namespace", "film", "--timeout=30s"]);
    t.deepEqual(pages.left(), [], "on the pages, and typed by no step");
    await outside?.end();
    for (const name of ["film", "books"]) await cluster.kubectl(["delete", "namespace", name, "--wait=false"]);
  });
}
