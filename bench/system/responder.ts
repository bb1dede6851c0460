/** A process that answers every request: the other side of the raw request and reply. */
import { connectBus } from "@troupe/protocol";

const bus = await connectBus({ url: process.argv[2] ?? "", name: "responder" });
bus.subscribe("bench.echo", ({ reply, data }) => {
  bus.publish(reply, data);
});
await bus.flush();
process.send?.("ready");
process.on("disconnect", () => process.exit());
