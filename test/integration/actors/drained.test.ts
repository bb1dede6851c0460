/** Pods that go: actors that may begin anew do so elsewhere, and that is not held against them. */
import { actor, actorInfo, startActors, type ActorHandle } from "@troupe/sdk";
import test from "ava";
import { Counter } from "../../conformance/actors/classes.ts";
import { eventually } from "../../support/eventually.ts";
import { FREE_SCOPE, nurseryProcess, registryProcess } from "../../support/free-group.ts";
import { testNats } from "../../support/nats.ts";

async function livesIn(counter: ActorHandle<Counter>, replica: string): Promise<void> {
  await eventually(
    `it lives in ${replica}`,
    async () => {
      const info = await actorInfo(counter);
      return info.replica === replica && info.status === "alive";
    },
    120_000,
  );
}

test.serial("a pod that is to go uses up no restart of its actors; one that dies does", async (t) => {
  await using cleanup = new AsyncDisposableStack();
  const { url } = cleanup.use(await testNats());
  cleanup.use(await registryProcess(url, "c-0"));
  let replica = cleanup.use(await nurseryProcess(url, "r-0"));
  cleanup.use(await startActors({ nats: url, group: FREE_SCOPE.pipeline }));
  const counter = await actor(Counter, [5], { maxRestarts: 1 });
  for (const name of ["r-1", "r-2"]) {
    const next = cleanup.use(await nurseryProcess(url, name));
    t.is(await replica.end(), 0);
    await livesIn(counter, name);
    t.is((await actorInfo(counter)).restarts, 0);
    t.is(await counter.increment(), 6);
    replica = next;
  }
  cleanup.use(await nurseryProcess(url, "r-3"));
  await replica.kill();
  await livesIn(counter, "r-3");
  t.like(await actorInfo(counter), { restarts: 1, incarnation: 4 });
});
