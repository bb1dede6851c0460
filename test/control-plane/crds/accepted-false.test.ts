/** What the API server takes although something is wrong with it, the operator refuses, with the code that `troupe validate` gives. */
import test from "ava";
import { groups, pipelines } from "../../../operator/src/resources.ts";
import { eventually } from "../../support/eventually.ts";
import { sharedWorld } from "../operator/shared-world.ts";
import { readMistakes } from "./mistake.ts";

/** These mean something, if not what they seem to mean: once they are JSON, nothing is wrong with them. */
const MISLEADING = ["AmbiguousYaml", "DuplicateKey"];

const world = sharedWorld();

test("a mistake that the API server does not see becomes Accepted=False with its code", async (t) => {
  const unseen = (await readMistakes()).filter(({ code, refusal }) => refusal === null && !MISLEADING.includes(code));
  t.true(unseen.length >= 10);
  for (const { file, code } of unseen) {
    const namespace = await world.plane.namespace("mistake");
    await world.plane.kubectl("apply", "-f", file, "-n", namespace);
    let last: string[] = [];
    await eventually(`Accepted=False, ${code} of ${file}`, async () => {
      last = await refusalsIn(namespace);
      return last.includes(code);
    });
    t.deepEqual([...new Set(last)], [code], file);
  }
});

/** Reasons of all that is not accepted in a namespace. */
async function refusalsIn(namespace: string): Promise<string[]> {
  const [one, other] = await Promise.all([
    world.client.list(pipelines, { namespace }),
    world.client.list(groups, { namespace }),
  ]);
  return [...one.items, ...other.items].flatMap(({ status }) =>
    (status?.conditions ?? []).flatMap(({ type, status: is, reason }) =>
      type === "Accepted" && is === "False" ? [reason] : [],
    ),
  );
}
