import test from "ava";
import { setTimeout as delay } from "node:timers/promises";
import { JetStreamError } from "./jetstream.ts";
import { BusTimeoutError, NoRespondersError } from "./port.ts";
import { Way } from "./way.ts";

const CONNECTED = { status: "connected" } as const;

async function mostUnderWay(way: Way): Promise<number> {
  let underWay = 0;
  let most = 0;
  const carried: number[] = [];
  await way.all(12, async (index) => {
    most = Math.max(most, ++underWay);
    await way.carry(async () => delay(1));
    carried.push(index);
    underWay--;
  });
  if (new Set(carried).size !== 12) throw new Error(`carried were ${carried.join()}`);
  return most;
}

/** By pieces that take next to nothing. */
async function eventuallyWide(way: Way): Promise<void> {
  for (let pieces = 0; pieces < 1_000 && way.room < 4; pieces++) await way.carry(async () => Promise.resolve());
}

test("pieces are under way together; on a way that was slow, fewer, until it is quick again", async (t) => {
  const way = new Way(CONNECTED);
  t.is(await mostUnderWay(way), 4);
  await eventuallyWide(way);
  await way.carry(async () => delay(2_600));
  await way.carry(async () => delay(2_600));
  t.is(way.room, 1);
  // Quick ones follow, unless this machine is slow itself.
  await eventuallyWide(way);
  t.is(way.room, 4);
});

test("what is not answered in time is sent again for as long as others may get through", async (t) => {
  const way = new Way(CONNECTED);
  let attempts = 0;
  const carried = way.carry(async () => {
    if (++attempts <= 6) throw new BusTimeoutError("no answer");
    return "there";
  });
  t.is(await carried, "there");
});

test("the first piece that fails ends it, and no other begins", async (t) => {
  const way = new Way(CONNECTED);
  const begun: number[] = [];
  const failed = way.all(20, async (index) => {
    begun.push(index);
    if (index === 2) throw new Error("index 2");
    await delay(5);
  });
  await t.throwsAsync(failed, { message: "index 2" });
  await delay(50);
  t.deepEqual(begun, [0, 1, 2, 3]);
});

for (const [what, error, isConnected, attempts] of [
  ["what the server refuses is not tried again", new JetStreamError(10_077, "full"), true, 1],
  ["where nobody answers is tried a few times", new NoRespondersError("nobody"), true, 5],
  ["without a connection, too", new BusTimeoutError("no connection"), false, 5],
] as const)
  test(what, async (t) => {
    const way = new Way({ status: isConnected ? "connected" : "disconnected" });
    let tried = 0;
    await t.throwsAsync(
      way.carry(async () => {
        tried++;
        throw error;
      }),
      { is: error },
    );
    t.is(tried, attempts);
  });
