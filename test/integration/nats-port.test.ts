/** The port to NATS: what is published is what arrives, whichever way it takes through the library. */
import { connectBus, type Bus } from "@troupe/protocol";
import test, { type ExecutionContext } from "ava";
import { connect } from "nats";
import { ShortWay } from "../../protocol/src/bus/nats-short-way.ts";
import { eventually } from "../support/eventually.ts";
import { testNats } from "../support/nats.ts";

const turn = async (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });

/** Of every size that takes another way, in order, with and without headers. */
async function exchange(t: ExecutionContext, from: Bus, to: Bus): Promise<void> {
  const sizes = [0, 1, 300, 16 * 1024, 16 * 1024 + 1, 1 << 20, 3, 5 << 20, 2];
  const got: { bytes: Buffer; header: string; reply: string }[] = [];
  const subscription = to.subscribe("sizes", (message) => {
    got.push({ bytes: Buffer.from(message.data), header: message.header("Number"), reply: message.reply });
  });
  await to.flush();
  for (const [index, size] of sizes.entries()) {
    const headers = index % 2 === 0 ? {} : { headers: { Number: String(index) } };
    from.publish("sizes", Buffer.alloc(size, index), { reply: `to.${index}`, ...headers });
  }
  await from.flush();
  await eventually("all have come", () => got.length === sizes.length);
  subscription.unsubscribe();
  for (const [index, size] of sizes.entries()) {
    t.is(got[index]?.bytes.equals(Buffer.alloc(size, index)), true, `message ${index}`);
    t.is(got[index]?.header, index % 2 === 0 ? "" : String(index));
    t.is(got[index]?.reply, `to.${index}`);
  }
}

test("the library still has inside what the short way leads through, and takes messages by it", async (t) => {
  await using nats = await testNats();
  const connection = await connect({ servers: nats.url });
  const way = ShortWay.of(connection);
  t.not(way, undefined);
  await turn();
  way?.take();
  const heard: string[] = [];
  connection.subscribe("a", { callback: (_, message) => heard.push(message.string()) });
  way?.send([Buffer.from("PUB a 5\r\nshort\r\n")]);
  connection.publish("a", "long");
  await connection.flush();
  t.deepEqual(heard, ["short", "long"]);
  await connection.close();
  t.is(ShortWay.of({}), undefined);
  t.is(ShortWay.of({ protocol: { sendCommand: () => undefined } }), undefined);
});

test("messages of every size arrive whole and in order, also after nats-server was killed and came back", async (t) => {
  await using nats = await testNats();
  await using from = await connectBus({ url: nats.url, name: "from" });
  await using to = await connectBus({ url: nats.url, name: "to" });
  await exchange(t, from, to);
  await turn();
  await exchange(t, from, to);
  await nats.kill();
  await eventually("both have noticed", () => from.status === "disconnected" && to.status === "disconnected");
  await nats.start();
  await eventually("both are back", () => from.status === "connected" && to.status === "connected");
  await exchange(t, from, to);
  await turn();
  await exchange(t, from, to);
});

test("what cannot be sent is refused, and harms nothing that can", async (t) => {
  await using nats = await testNats();
  await using bus = await connectBus({ url: nats.url, name: "test" });
  await turn();
  t.throws(() => {
    bus.publish("", new Uint8Array(1));
  });
  t.throws(() => {
    bus.publish("a", new Uint8Array(1), { headers: { A: "1\r\nB: 2" } });
  });
  t.throws(() => {
    bus.publish("a", new Uint8Array(bus.maxPayload + 1));
  });
  const got: number[] = [];
  bus.subscribe("a", ({ data }) => got.push(data.byteLength));
  bus.publish("a", new Uint8Array(bus.maxPayload));
  await bus.flush();
  t.deepEqual(got, [bus.maxPayload]);
  await bus.close();
  t.throws(() => {
    bus.publish("a", new Uint8Array(1));
  });
});
