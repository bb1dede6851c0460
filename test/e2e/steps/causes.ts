/** What a kubelet says of a pod that cannot be, in the words of the Group and of its Pipeline. */
import { configMapYaml } from "@troupe/model";
import type { ExecutionContext } from "ava";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { applyReady, remove, said, TEAM, untilSays, workPipeline, type Step, type World } from "../support/world.ts";

const ROOT = resolve(import.meta.dirname, "../../..");
/** The node asks for it where nobody listens. */
const NO_IMAGE = "localhost/troupe-e2e/none:1";
/** Beside the heap of JavaScript, whose limit is below the container's: it is the kernel that ends it. */
const HUNGER = "\nfor (const kept = [];;) kept.push(Buffer.alloc(16 * 1024 * 1024, 1));\n";

interface Cause {
  readonly pipeline: string;
  readonly reason: string;
  /** Of the Group `g`. */
  readonly message: RegExp;
}

const IMAGELESS: Cause = {
  pipeline: "imageless",
  reason: "ImageNotPulled",
  message:
    /Pod imageless-g-\S+: the image localhost\/troupe-e2e\/none:1 cannot be pulled \((ErrImagePull|ImagePullBackOff): .*\)\. Check its name and tag/,
};

const HUNGRY: Cause = {
  pipeline: "hungry",
  reason: "OutOfMemory",
  message:
    /Replica hungry-g-\S+ ran out of memory: its container was ended by the kernel, \d+ restarts so far\. Raise resources\.memory/,
};

/** Waits until Group and Pipeline say it, in all four conditions that are about it. */
async function isGiven(t: ExecutionContext, world: World, { pipeline, reason, message }: Cause): Promise<void> {
  const [group, whole] = [`group/${pipeline}-g`, `pipeline/${pipeline}`];
  const expected = [
    [group, "Ready", `False ${reason}: 0 of 1 replicas are ready\\. `],
    [group, "Stalled", `True ${reason}: `],
    [whole, "Ready", "False GroupsNotReady: Group g: "],
    [whole, "Stalled", `True ${reason}: Group g: `],
  ] as const;
  for (const [resource, type, begin] of expected)
    t.log(resource, type, await untilSays(world, resource, type, new RegExp(`^${begin}${message.source}`)));
}

export function describeCauses(step: Step, world: () => World): void {
  step("an image that cannot be pulled, and too little memory, are causes that Group and Pipeline give", async (t) => {
    t.timeout(600_000);
    const { cluster } = world();
    const groups = (memory: string) => [{ name: "g", ms: 1, resources: `{ memory: ${memory} }` }];
    const imageless = workPipeline("imageless", groups("192Mi"));
    await cluster.apply(TEAM, imageless.replace(/source: .*/, `source: { image: "${NO_IMAGE}" }`));
    const code = await readFile(resolve(ROOT, "test/e2e/fixtures/modules/work.ts"), "utf8");
    await cluster.apply(TEAM, configMapYaml({ name: "hungry-modules", data: { "work.ts": `${code}${HUNGER}` } }));
    await cluster.apply(TEAM, workPipeline("hungry", groups("192Mi"), "hungry-modules"));
    await isGiven(t, world(), HUNGRY);
    await isGiven(t, world(), IMAGELESS);
    // Mended, both run, whatever back-off their pods were in.
    for (const name of ["imageless", "hungry"]) {
      await applyReady(world(), name, workPipeline(name, groups("256Mi")));
      await using client = await world().door.client(TEAM, name);
      t.deepEqual(said([await client.outcome(7)], "input"), [7]);
      await remove(world(), name);
    }
  });
}
