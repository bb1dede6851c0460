import { testNats } from "../support/nats.ts";
import { fork } from "node:child_process";
import { readFileSync } from "node:fs";
import { POD_ENV, connectBus, publishRevision, subjectsOf, decodeUp } from "@troupe/protocol";
import { revisionOf, SCOPE } from "./agent-owner.ts";
const nats = await testNats();
const bus = await connectBus({ url: nats.url, name: "x" });
await publishRevision(bus, SCOPE, revisionOf({ modules: [{ name: "A", type: "noop" }] }));
for (const entry of ["/tmp/rt-probe/build/agent.js", "/work/main/runtime-image/src/agent/main.ts"]) {
  const t = performance.now();
  let ready;
  const r = new Promise((resolve) => (ready = resolve));
  const sub = bus.subscribe(subjectsOf(SCOPE).ups, ({ data }) => { for (const m of decodeUp(data).messages) if (m.type === "beat" && m.state === "ready") ready(); });
  const p = fork(entry, [], { execArgv: (process.env.XARGS ?? "").split(" ").filter(Boolean), env: { ...process.env, [POD_ENV.natsUrl]: nats.url, [POD_ENV.namespace]: "local", [POD_ENV.pipeline]: "p", [POD_ENV.uid]: "u1", [POD_ENV.group]: "g", [POD_ENV.replica]: "g-0", [POD_ENV.templateHash]: "h1", [POD_ENV.modules]: "/tmp/rt-probe/noop.ts" } });
  await r; sub.unsubscribe();
  const ready1 = performance.now() - t;
  await new Promise((r) => setTimeout(r, 1500));
  const st = readFileSync(`/proc/${p.pid}/status`, "utf8"); const sm = readFileSync(`/proc/${p.pid}/smaps_rollup`, "utf8");
  console.log(entry, Math.round(ready1), "ms to ready; rss MB", Number(/VmRSS:\s+(\d+)/.exec(st)[1]) / 1024, "pss", Number(/Pss:\s+(\d+)/.exec(sm)[1]) / 1024, "cpu", readFileSync(`/proc/${p.pid}/stat`, "utf8").split(") ")[1].split(" ").slice(11,13).join("+"));
  p.kill("SIGTERM"); await new Promise(r => p.on("exit", r));
}
await bus.close(); await nats[Symbol.asyncDispose]();
