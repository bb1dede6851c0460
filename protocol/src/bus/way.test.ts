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

test("pieces are under way together; on a way that was slow, one at a time", async (t) => {
  const way = new Way(CONNECTED);
  t.is(await mostUnderWay(way), 4);
  await way.carry(async () => delay(1_100));
  t.is(await mostUnderWay(way), 1);
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
