/**
 * What passes a message on and does nothing else, in a process of its own as an owner or an agent is: `owner` appends what it hears to a stream
 * before it passes it on, `agent` takes it to another thread and back.
 *
 *     node relay.ts owner URL STEPS | agent URL STEP
 */
import { appendToStream, connectBus, type Bus } from "@troupe/protocol";
import { isMainThread, parentPort, Worker } from "node:worker_threads";
import { FLOOR } from "./floor-subjects.ts";

if (isMainThread) await relay(process.argv.slice(2));
else echo();

async function relay([role, url = "", count = "0"]: readonly string[]): Promise<void> {
  const bus = await connectBus({ url, name: `floor ${role}` });
  if (role === "owner") passOnJournalled(bus, Number(count));
  else passThroughThread(bus, Number(count));
  await bus.flush();
  process.send?.("ready");
  process.on("disconnect", () => process.exit());
}

function passOnJournalled(bus: Bus, steps: number): void {
  let last = 0;
  let asker = "";
  const heard = async (data: Uint8Array, next: () => string): Promise<void> => {
    last = await appendToStream(bus, FLOOR.journal, data, { expectedLastSequence: last });
    bus.publish(next(), data);
  };
  bus.subscribe(FLOOR.submit, ({ data, reply }) => {
    asker = reply;
    void heard(data, () => FLOOR.down(1));
  });
  for (let step = 1; step <= steps; step++)
    bus.subscribe(FLOOR.up(step), ({ data }) => {
      void heard(data, () => (step === steps ? asker : FLOOR.down(step + 1)));
    });
}

function passThroughThread(bus: Bus, step: number): void {
  const thread = new Worker(new URL(import.meta.url));
  thread.on("message", (data: Uint8Array) => {
    bus.publish(FLOOR.up(step), data);
  });
  bus.subscribe(FLOOR.down(step), ({ data }) => {
    // Bytes of their own: a clone of a view would carry the whole buffer that it looks into.
    thread.postMessage(data.slice());
  });
}

function echo(): void {
  parentPort?.on("message", (data: Uint8Array) => {
    parentPort?.postMessage(data);
  });
}
