/** The whole journey on a real Kubernetes: installed, used, hurt, upgraded, and gone without a trace. Each step builds on those before it. */
import ava from "ava";
import { readFile, stat } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { Cluster } from "./support/cluster.ts";
import { buildImages, IMAGES, ownArchives, SYSTEM } from "./support/installation.ts";
import { applyModules, openWorld, type Step, type World } from "./support/world.ts";
import { describeActors } from "./steps/actors.ts";
import { describeAutoscale } from "./steps/autoscale.ts";
import { describeCauses } from "./steps/causes.ts";
import { describeCode } from "./steps/code.ts";
import { describeExamples } from "./steps/examples.ts";
import { describeExternal } from "./steps/external.ts";
import { describeFaults } from "./steps/faults.ts";
import { describeGpus } from "./steps/gpus.ts";
import { describeAutoscaler, describeGuides } from "./steps/guides.ts";
import { describeOperations } from "./steps/operations.ts";
import { describeRelease } from "./steps/release.ts";
import { describeAudit, describeSecurity } from "./steps/security.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const obstacle = await Cluster.obstacle();
const step: Step = (name, run) => {
  if (obstacle !== undefined) ava.serial.skip(`${name} (${obstacle})`, run);
  else
    ava.serial(name, async (t) =>
      isPossible() ? run(t) : t.fail("there is nothing installed; the first test says why"),
    );
};
if (obstacle !== undefined && process.env["CI"] !== undefined)
  ava("there is a cluster", (t) => {
    t.fail(obstacle);
  });

let opened: World | undefined;
let hasBegun = false;

/** Nothing can be said of what could not be installed. */
function isPossible(): boolean {
  const isFirst = !hasBegun;
  hasBegun = true;
  return isFirst || opened !== undefined;
}

function world(): World {
  if (opened === undefined) throw new Error("the cluster was not opened: the first test says why");
  return opened;
}

step("it installs, every pod under the profile restricted", async (t) => {
  t.timeout(1_200_000);
  const archives = await buildImages();
  opened = await openWorld(async (cluster, pages) => {
    for (const archive of archives) await cluster.load(archive);
    await pages.type("helm install troupe charts/troupe --namespace troupe-system --create-namespace --wait", {
      instead: { "image.registry=localhost/troupe,image.tag=dev": IMAGES },
      timeoutMs: 400_000,
    });
  });
  await applyModules(opened);
  const state = await opened.cluster.kubectl(["get", "pods", "--namespace", SYSTEM]);
  t.is(state.match(/ 1\/1 +Running/g)?.length, 4, state);
});

step("the images are as small as the README says", async (t) => {
  const readme = await readFile(resolve(ROOT, "README.md"), "utf8");
  const limit = Number(/takes none above (\d+) MiB/.exec(readme)?.[1]);
  t.true(limit > 0 && limit < 150, `${limit} MiB`);
  for (const archive of ownArchives()) {
    const { size } = await stat(archive);
    t.true(size <= limit * 1024 * 1024, `${archive} has ${size} bytes`);
    t.log(`${basename(archive)}: ${Math.round(size / 1024 / 1024)} MiB`);
  }
  t.pass();
});

step("helm test sends a job through a pod", async (t) => {
  const text = await world().pages.type("helm test troupe --namespace troupe-system", { timeoutMs: 400_000 });
  t.regex(text, /Phase: +Succeeded/);
});

describeExamples(step, world);
describeGuides(step, world);
describeGpus(step, world);
describeCode(step, world);
describeCauses(step, world);
describeAutoscale(step, world);
describeActors(step, world);
describeFaults(step, world);
describeSecurity(step, world);
describeAutoscaler(step, world);
describeOperations(step, world);
describeRelease(step, world);
describeAudit(step, world);
describeExternal(step, world);

ava.after.always("the cluster goes without a trace", async () => {
  await opened?.door[Symbol.asyncDispose]();
  await opened?.cluster[Symbol.asyncDispose]();
});
