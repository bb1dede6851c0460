/** Ray's document on concurrent operations in an async actor: one that polls for ever, and still answers. */
import { actor, actorInfo, kill, type Actors } from "@troupe/sdk";
import test from "ava";
import { eventually } from "../support/eventually.ts";
import type { OpenGroup } from "./actor-group.ts";
import { BlockingPoller, DataStore, LongPollingActor, YieldingPoller } from "./actors/polling.ts";

/** An answer may have to wait for calls that are under way, and for nothing else: far fewer than this many. */
const FEW = 200;

/** Registers the cases with ava. `name` says where the group is that `openGroup` opens. */
export function describeAsyncActors(name: string, openGroup: OpenGroup): void {
  let group: Actors | undefined;
  test.before(async () => {
    group = await openGroup();
  });
  test.after.always(async () => group?.close());

  test.serial(`${name}: an actor whose run() polls for ever answers its other methods at once`, async (t) => {
    const poller = await actor(LongPollingActor, [await actor(DataStore)]);
    const run = poller.run();
    await eventually("it polls", async () => (await poller.processed()) > 5);
    for (let ask = 0; ask < 20; ask++) {
      const before = await poller.processed();
      t.true(await poller.otherTask());
      t.true((await poller.processed()) - before < FEW, "it polled on meanwhile, and not for long");
    }
    const before = await poller.processed();
    await eventually("it goes on polling", async () => (await poller.processed()) > before);
    const { facts } = await actorInfo(poller);
    t.true(facts?.running.some(({ method }) => method === "run"));
    await kill(poller);
    await t.throwsAsync(run, { name: "ActorDiedError", message: /kill\(\)/ });
  });

  test.serial(`${name}: giving way without waiting for anybody is enough`, async (t) => {
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
