/** Somebody deletes what the operator makes, at the moment it is made. */
import test from "ava";
import {
  controllerRevisions,
  podDisruptionBudgets,
  startInformer,
  type KubeObject,
  type Resource,
} from "../../../operator/src/kube/index.ts";
import { groups } from "../../../operator/src/resources.ts";
import { eventually } from "../../support/eventually.ts";
import { sharedWorld } from "./shared-world.ts";
import { Place } from "./world.ts";

const world = sharedWorld();

const ONE = { source: { image: "example.test/modules:1" }, modules: [{ name: "A", type: "example", group: "g" }] };
const TIMES = 40;

/** Deletes each of a kind in a namespace as soon as it is seen, `times` times. */
async function contest<T extends KubeObject>(resource: Resource<T>, { namespace }: Place): Promise<void> {
  let left = TIMES;
  const done = Promise.withResolvers<undefined>();
  await using informer = startInformer({ client: world.client, resource, namespaces: [namespace] });
  informer.onChange(({ type, object }) => {
    if (type !== "added" || left === 0) return;
    left -= 1;
    world.client
      .delete(resource, { namespace, name: object.metadata.name })
      .then(() => {
        if (left === 0) done.resolve(undefined);
      })
      .catch(done.reject);
  });
  await eventually(`${resource.plural} were made and deleted ${TIMES} times`, () => left === 0, 60_000);
  await done.promise;
}

isMadeAgain("Groups", groups);
isMadeAgain("revisions", controllerRevisions);
isMadeAgain("budgets", podDisruptionBudgets);

function isMadeAgain<T extends KubeObject>(what: string, resource: Resource<T>): void {
  test.serial(`${what} that somebody deletes as they are made are made again each time`, async (t) => {
    const place = await Place.in(world);
    const { namespace } = place;
    const contested = contest(resource, place);
    await place.applyPipeline("p", ONE);
    await contested;
    await eventually(
      "there is one at last",
      async () => (await world.client.list(resource, { namespace })).items.length === 1,
      60_000,
    );
    t.pass();
  });
}
