import anyTest, { type TestFn } from "ava";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import {
  configMaps,
  KubeClient,
  leases,
  NotLeadingError,
  runAsLeader,
  type LeaderWork,
  type Observation,
} from "../../../operator/src/kube/index.ts";
import { startApiProxy } from "../../support/api-proxy.ts";
import { startControlPlane, type ControlPlane } from "../../support/control-plane.ts";
import { eventually } from "../../support/eventually.ts";
import { configMap } from "./config-map.ts";

const test = anyTest as TestFn<{ plane: ControlPlane; client: KubeClient }>;
const SHORT = { leaseMs: 8_000, renewDeadlineMs: 5_000, retryMs: 300 };
const PATIENT = { leaseMs: 40_000, renewDeadlineMs: 30_000, retryMs: 100 };

test.before(async (t) => {
  const plane = await startControlPlane();
  t.context = { plane, client: KubeClient.for(plane.config(), "test") };
});
test.after.always(async (t) => {
  t.context.client.close();
  await t.context.plane[Symbol.asyncDispose]();
});

/** Leads until it is told to end, and tells what it saw. */
function idle(log: string[], name: string): LeaderWork {
  return async (_gate, signal) => {
    log.push(`${name} leads`);
    if (!signal.aborted) await once(signal, "abort");
    log.push(`${name} ends`);
  };
}

test("one leads at a time; who stops gives the lease up, and the next one need not wait for it to run out", async (t) => {
  const { plane, client } = t.context;
  const namespace = await plane.namespace();
  // An hour: nobody gets it by waiting.
  const common = {
    client,
    lease: { namespace, name: "leader" },
    leaseMs: 3_600_000,
    renewDeadlineMs: 60_000,
    retryMs: 200,
  };
  const log: string[] = [];
  const stops = new Map(["a", "b", "c"].map((name) => [name, new AbortController()]));
  const runs = new Map(
    [...stops].map(([identity, { signal }]) => [
      identity,
      runAsLeader({ ...common, identity }, idle(log, identity), signal),
    ]),
  );
  t.teardown(() => {
    for (const stop of stops.values()) stop.abort();
  });
  const order: string[] = [];
  for (let turn = 1; turn <= 3; turn++) {
    await eventually("somebody leads", () => log.length === 2 * turn - 1);
    await delay(500);
    t.is(log.length, 2 * turn - 1, "only one leads");
    const holder = log.at(-1)?.charAt(0) ?? "";
    order.push(holder);
    t.is((await client.get(leases, common.lease)).spec?.holderIdentity, holder);
    stops.get(holder)?.abort();
    t.is(await runs.get(holder), "stopped");
  }
  t.deepEqual(
    log,
    order.flatMap((name) => [`${name} leads`, `${name} ends`]),
  );
  const lease = await client.get(leases, common.lease);
  t.is(lease.spec?.holderIdentity, "");
  t.is(lease.spec?.leaseTransitions, 2);
});

test("a leader that cannot renew starts no write after its deadline, even if its writes would pass; another takes over", async (t) => {
  const { plane, client } = t.context;
  const namespace = await plane.namespace();
  await using proxy = await startApiProxy(plane);
  const cutOff = KubeClient.for(plane.config({ url: proxy.url }), "a");
  const lease = { namespace, name: "leader" };
  const written: number[] = [];
  const seen: Observation[] = [];
  let refused: unknown;
  const never = new AbortController().signal;
  const first = runAsLeader(
    { ...SHORT, client: cutOff, lease, identity: "a", observe: (observation) => seen.push(observation) },
    async (gate) => {
      const gated = cutOff.gatedBy(gate);
      try {
        // It does not look at its signal: only the gate keeps it from writing.
        for (let count = 1; ; count++) {
          const { metadata } = await gated.apply(configMaps, configMap(namespace, "count", { a: `${count}` }));
          written.push(Number(metadata.resourceVersion));
        }
      } catch (error) {
        refused = error;
      }
    },
    never,
  );
  await eventually("the first one writes", () => written.length > 5);
  const stop = new AbortController();
  const log: string[] = [];
  const second = runAsLeader({ ...SHORT, client, lease, identity: "b" }, idle(log, "b"), stop.signal);
  proxy.answer = ({ method, path }) => (method === "PUT" && path.includes("/leases/") ? { status: 503 } : undefined);
  t.is(await first, "lost");
  t.true(refused instanceof NotLeadingError);
  t.true(seen.some(({ type }) => type === "leadership-lost"));
  await eventually("the second one leads", () => log.length === 1);
  const { metadata, spec } = await client.get(leases, lease);
  t.is(spec?.holderIdentity, "b");
  t.true(
    written.every((version) => version < Number(metadata.resourceVersion)),
    "no write came after the other had the lease",
  );
  const count = await client.get(configMaps, { namespace, name: "count" });
  t.true(
    Number(count.metadata.resourceVersion) < Number(metadata.resourceVersion),
    "nor did one whose answer it did not wait for",
  );
  stop.abort();
  t.is(await second, "stopped");
  cutOff.close();
});

test("a renewal whose answer was lost does not cost the lead", async (t) => {
  const { plane } = t.context;
  const namespace = await plane.namespace();
  await using proxy = await startApiProxy(plane);
  const client = KubeClient.for(plane.config({ url: proxy.url }), "a");
  const log: string[] = [];
  const stop = new AbortController();
  const lease = { namespace, name: "leader" };
  const leading = runAsLeader({ ...PATIENT, client, lease, identity: "a" }, idle(log, "a"), stop.signal);
  await eventually("it leads", () => log.length === 1);
  let lost = 0;
  let renewals = 0;
  proxy.losesAnswer = ({ method }) => {
    if (method === "PUT") renewals += 1;
    // The next one is refused then, since its version is old; the one after that passes.
    if (method !== "PUT" || renewals % 3 !== 0) return false;
    lost += 1;
    return true;
  };
  await eventually("many answers were lost", () => lost >= 8);
  t.deepEqual(log, ["a leads"]);
  proxy.losesAnswer = () => false;
  stop.abort();
  t.is(await leading, "stopped");
  client.close();
});

test("work that throws gives the lease up, and is heard", async (t) => {
  const { plane, client } = t.context;
  const lease = { namespace: await plane.namespace(), name: "leader" };
  const never = new AbortController().signal;
  const failing = runAsLeader(
    { ...SHORT, client, lease, identity: "a" },
    () => Promise.reject(new Error("broken")),
    never,
  );
  await t.throwsAsync(failing, { message: "broken" });
  t.is((await client.get(leases, lease)).spec?.holderIdentity, "");
  const upsideDown = { ...SHORT, renewDeadlineMs: 9_000, client, lease, identity: "a" };
  await t.throwsAsync(
    runAsLeader(upsideDown, () => Promise.resolve(), never),
    { message: /two could lead at once/ },
  );
});

test("a frozen leader is succeeded within 20 s, and writes nothing when it wakes up", async (t) => {
  const { plane, client } = t.context;
  const namespace = await plane.namespace();
  const child = spawn(process.execPath, [join(import.meta.dirname, "candidate.ts"), plane.kubeconfig, namespace, "a"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines: string[] = [];
  createInterface({ input: child.stdout }).on("line", (line) => lines.push(line));
  const exited = once(child, "exit");
  t.teardown(() => child.kill("SIGKILL"));
  await eventually("it writes", () => lines.length > 20);
  const stop = new AbortController();
  const log: string[] = [];
  const lease = { namespace, name: "leader" };
  const second = runAsLeader({ client, lease, identity: "b" }, idle(log, "b"), stop.signal);
  await delay(1_000);
  child.kill("SIGSTOP");
  await eventually("the second one leads", () => log.length === 1, 20_000);
  const before = await client.get(configMaps, { namespace, name: "count" });
  child.kill("SIGCONT");
  await exited;
  t.is(lines.at(-1), "lost");
  t.deepEqual(await client.get(configMaps, { namespace, name: "count" }), before);
  t.is((await client.get(leases, lease)).spec?.holderIdentity, "b");
  stop.abort();
  t.is(await second, "stopped");
});
