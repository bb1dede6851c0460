/** The whole journey on a real Kubernetes: installed, used, hurt, upgraded, and gone without a trace. Each step builds on those before it. */
import ava from "ava";
import { Cluster } from "./support/cluster.ts";
import { buildImages, install, RELEASE, SYSTEM } from "./support/installation.ts";
import { applyModules, openWorld, type Step, type World } from "./support/world.ts";
import { describeActors } from "./steps/actors.ts";
import { describeAutoscale } from "./steps/autoscale.ts";
import { describeCauses } from "./steps/causes.ts";
import { describeCode } from "./steps/code.ts";
import { describeExamples } from "./steps/examples.ts";
import { describeFaults } from "./steps/faults.ts";
import { describeGpus } from "./steps/gpus.ts";
import { describeOperations } from "./steps/operations.ts";
import { describeAudit, describeSecurity } from "./steps/security.ts";

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
  opened = await openWorld(async (cluster) => {
    for (const archive of archives) await cluster.load(archive);
    await install(cluster);
  });
  await applyModules(opened);
  const state = await opened.cluster.kubectl(["get", "pods", "--namespace", SYSTEM]);
  t.is(state.match(/ 1\/1 +Running/g)?.length, 4, state);
});

step("helm test sends a job through a pod", async (t) => {
  const text = await world().cluster.helm(["test", RELEASE, "--namespace", SYSTEM, "--timeout", "2m"], {
    timeoutMs: 150_000,
  });
  t.regex(text, /Phase: +Succeeded/);
});

describeExamples(step, world);
describeGpus(step, world);
describeCode(step, world);
describeCauses(step, world);
describeAutoscale(step, world);
describeActors(step, world);
describeFaults(step, world);
describeSecurity(step, world);
describeOperations(step, world);
describeAudit(step, world);

ava.after.always("the cluster goes without a trace", async () => {
  await opened?.door[Symbol.asyncDispose]();
  await opened?.cluster[Symbol.asyncDispose]();
});
