/** Ray's document on concurrent operations in an async actor: one that polls for ever, and still answers. */
import { actor, actorInfo, kill } from "@troupe/sdk";
import test from "ava";
import { eventually } from "../support/eventually.ts";
import type { OpenGroup } from "./actor-group.ts";
import { BlockingPoller, CuriousStore, DataStore, LongPollingActor, YieldingPoller } from "./actors/polling.ts";

/** Registers the cases with ava. `name` says where the group is that `openGroup` opens. */
export function describeAsyncActors(name: string, openGroup: OpenGroup): void {
  test.serial(`${name}: an actor whose run() polls for ever answers its other methods at once`, async (t) => {
    await using _group = await openGroup();
    const poller = await actor(LongPollingActor, [await actor(DataStore)]);
    const run = poller.run();
    await eventually("it polls", async () => (await poller.processed()) > 5);
    t.true(await poller.otherTask());
    const before = await poller.processed();
    await eventually("it goes on polling", async () => (await poller.processed()) > before);
    await eventually("it is listed with what it runs", async () =>
      ((await actorInfo(poller)).facts?.running ?? []).some(({ method }) => method === "run"),
    );
    await kill(poller);
    await t.throwsAsync(run, { name: "ActorDiedError", message: /kill\(\)/ });
  });

  test.serial(
    `${name}: it answers within one turn: each fetch that it waits for waits for an answer of its own`,
    async (t) => {
      await using _group = await openGroup();
      const store = await actor(CuriousStore);
      const poller = await actor(LongPollingActor, [store]);
      const run = poller.run();
      await store.ask(poller);
      await eventually("it has answered a hundred times", async () => (await store.answers()) >= 100);
      t.true((await poller.processed()) >= 99);
      await kill(poller);
      await t.throwsAsync(run, { name: "ActorDiedError" });
    },
  );

  test.serial(`${name}: giving way without waiting for anybody is enough`, async (t) => {
    await using _group = await openGroup();
    const poller = await actor(YieldingPoller);
    const run = poller.run();
    await eventually("it turns", async () => (await poller.turns()) > 100);
    const before = await poller.turns();
    await eventually("it goes on", async () => (await poller.turns()) > before);
    await kill(poller);
    await t.throwsAsync(run, { name: "ActorDiedError" });
  });

  test.serial(
    `${name}: one that blocks its thread is reported as blocking, is not taken for dead, and answers when it is free`,
    async (t) => {
      await using _group = await openGroup();
      const blocking = await actor(BlockingPoller);
      const neighbour = await actor(DataStore);
      let isAnswered = false;
      // Longer than the time after which a silent replica or program is given up.
      const run = blocking.run(8_000);
      const other = blocking.otherTask().then((processed) => {
        isAnswered = true;
        return processed;
      });
      await eventually("it is reported as blocking", async () => {
        await neighbour.fetch();
        const { facts } = await actorInfo(blocking);
        return (facts?.blockedMs ?? 0) > 0 && facts?.running[0]?.method === "run";
      });
      t.false(isAnswered);
      await run;
      t.true((await other) > 0);
      const { status, restarts, incarnation } = await actorInfo(blocking);
      t.deepEqual({ status, restarts, incarnation }, { status: "alive", restarts: 0, incarnation: 1 });
    },
  );
}
