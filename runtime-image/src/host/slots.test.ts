import test from "ava";
import { Slots } from "./slots.ts";

test("what one side writes, the other reads", (t) => {
  const host = Slots.ofPermits(3);
  const agent = new Slots(host.buffer);
  t.is(agent.permits, 3);
  host.startBlock(1, 42, 1_000.25);
  t.deepEqual(agent.running(), [{ execution: 42, module: null, moduleStartedAt: 0, blockStartedAt: 1_000.25 }]);
  host.startModule(1, 0, 1_001.5);
  t.like(agent.running()[0], { module: 0, moduleStartedAt: 1_001.5 });
  host.endModule(1);
  t.is(agent.running()[0]?.module, null);
  host.endBlock(1);
  t.deepEqual(agent.running(), []);
  t.is(agent.culprit(), null);
  host.blame(42);
  t.is(agent.culprit(), 42);
});
