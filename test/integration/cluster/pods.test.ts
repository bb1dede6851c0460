/** Coordinator and agent as pods: probes, metrics, patience with NATS, mounted modules, nothing to write to, and an orderly end. */
import test from "ava";
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Revision } from "@troupe/model";
import { connectBus, publishRevision } from "@troupe/protocol";
import { COORDINATOR_PERMISSIONS } from "../../../operator/src/credentials/index.ts";
import { eventually } from "../../support/eventually.ts";
import { Fleet, revisionFor, scopeNamed } from "../../support/fleet.ts";
import { testNats } from "../../support/nats.ts";
import { Pod } from "../../support/pods.ts";
import { SecureNats } from "../../support/secure-nats.ts";

const SCOPE = scopeNamed("film");
const NOBODY = 65_534;

function agentEnv(url: string, modules: string, hash = "hash-1"): Record<string, string> {
  return {
    TROUPE_NATS_URL: url,
    TROUPE_NAMESPACE: SCOPE.namespace,
    TROUPE_PIPELINE: SCOPE.pipeline,
    TROUPE_UID: SCOPE.uid,
    TROUPE_GROUP: "g1",
    TROUPE_REPLICA: `pod-${hash}`,
    TROUPE_TEMPLATE_HASH: hash,
    TROUPE_MODULES: modules,
    TROUPE_DRAIN_MS: "5000",
  };
}

/** Files as Kubernetes mounts a ConfigMap: links to a folder that another link names. Nobody may write there. */
async function mounted(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "troupe-mounted-"));
  const version = "..2026_11_25_12_00_00.123456789";
  await mkdir(join(folder, version));
  await symlink(version, join(folder, "..data"));
  for (const [name, text] of Object.entries(files)) {
    await writeFile(join(folder, version, name), text, { mode: 0o444 });
    await symlink(join("..data", name), join(folder, name));
  }
  await chmod(join(folder, version), 0o555);
  await chmod(folder, 0o555);
  return folder;
}

const TRACE = `
import { Module } from "@troupe/sdk";
import { says } from "./words.ts";
export class Trace extends Module {
  static type = "trace";
  async run(job: unknown, context: { log: { info(text: string): void } }): Promise<string> {
    await new Promise((resolve) => setTimeout(resolve, 300));
    return says;
  }
}
`;

test.serial("a coordinator lives without NATS, is ready with it, and tells what it counts", async (t) => {
  await using nats = await testNats();
  await nats.kill();
  await using pod = await Pod.start({
    program: "coordinator",
    env: { TROUPE_NATS_URL: nats.url, TROUPE_COORDINATOR_ID: "coordinator-0" },
  });
  t.is(await pod.answers("/livez", 200), "ok\n");
  t.is(await pod.answers("/readyz", 503), "waiting for NATS\n");
  await eventually("it says what it waits for", () =>
    pod.log.some(({ message, error }) => message === "waiting for NATS" && /nobody listens/.test(String(error))),
  );
  await nats.start();
  t.is(await pod.answers("/readyz", 200), "ok\n");
  t.is(pod.process.exitCode, null);

  const bus = await connectBus({ url: nats.url, name: "test" });
  await publishRevision(bus, SCOPE, revisionFor(SCOPE));
  await bus.close();
  const journalled = /troupe_journal_append_seconds_count\{namespace="team-a",pipeline="film"\} [1-9]/;
  await eventually("it owns the pipeline, and has said so", async () =>
    journalled.test((await pod.get("/metrics")).text),
  );
  const { text } = await pod.get("/metrics");
  for (const line of [
    'troupe_jobs{namespace="team-a",pipeline="film",state="queued"} 0',
    'troupe_jobs_ended_total{namespace="team-a",pipeline="film",state="done"} 0',
    'troupe_payload_bytes{namespace="team-a",pipeline="film"} 0',
    'troupe_group_queued{namespace="team-a",pipeline="film",group="g1"} 0',
  ])
    t.true(text.includes(`${line}\n`), line);
  t.regex(text, /phase="owner"} 1/);
  t.regex(text, /troupe_journal_frames_total\{[^}]*\} [1-9]/);
  t.regex(text, /process_resident_memory_bytes \d+/);

  await nats.kill();
  t.is(await pod.answers("/readyz", 503), "NATS: disconnected\n");
  t.is((await pod.get("/livez")).status, 200);
  pod.process.kill("SIGTERM");
  t.is(await pod.exited, 0, "it ends though NATS is away");
});

test.serial("a pod that is told to go before NATS was there goes at once", async (t) => {
  await using nats = await testNats();
  await nats.kill();
  const programs = ["coordinator", "agent"] as const;
  for (const program of programs) {
    await using pod = await Pod.start({ program, env: agentEnv(nats.url, "/nowhere") });
    t.regex(await pod.answers("/readyz", 503), /waiting for NATS/);
    pod.process.kill("SIGTERM");
    t.is(await pod.exited, 0, program);
  }
});

test.serial(
  "an agent without rights to write anywhere loads mounted modules, is ready when they are, and drains",
  async (t) => {
    await using fleet = await Fleet.start();
    await fleet.apply(SCOPE);
    fleet.coordinator("coordinator-0");
    const folder = await mounted({ "trace.ts": TRACE, "words.ts": 'export const says: string = "done";\n' });
    await using pod = await Pod.start({
      program: "agent",
      env: agentEnv(fleet.nats.url, folder),
      ...(process.getuid?.() === 0 ? { uid: NOBODY } : {}),
    });
    t.is(await pod.answers("/readyz", 200), "ok\n");
    const metrics = (await pod.get("/metrics")).text;
    t.regex(metrics, /troupe_replica_ready\{group="g1"\} 1\n/);
    t.regex(metrics, /troupe_replica_connected\{group="g1"\} 1\n/);
    await fleet.ask(SCOPE, "submit", 1, "j1");
    await eventually("it runs", async () =>
      /troupe_replica_executions\{group="g1"\} 1\n/.test((await pod.get("/metrics")).text),
    );
    pod.process.kill("SIGTERM");
    t.is(await pod.exited, 0);
    t.deepEqual((await fleet.outcome(SCOPE, "j1"))["result"], { A: "done" }, "what ran was finished");
    t.true(
      pod.log.some(
        ({ message, group, replica }) => message === "Draining" && group === "g1" && replica === "pod-hash-1",
      ),
    );
    await chmod(folder, 0o755);
    await rm(folder, { recursive: true, force: true });
  },
);

test.serial(
  "an agent whose modules fail says why it is not ready, and a replica of a former template serves its jobs",
  async (t) => {
    await using fleet = await Fleet.start();
    const [old, next] = ["hash-1", "hash-2"].map((hash) => revisionFor(SCOPE, hash)) as [Revision, Revision];
    await fleet.apply(SCOPE, old);
    fleet.coordinator("coordinator-0");
    await fleet.ask(SCOPE, "submit", 1, "old");
    // The next revision wants a type that the former code has not got.
    const renamed = { ...next, modules: next.modules.map((module) => ({ ...module, type: "renamed" })) };
    await fleet.apply(SCOPE, renamed);
    const folder = await mounted({ "trace.ts": TRACE, "words.ts": 'export const says: string = "old code";\n' });
    await using former = await Pod.start({ program: "agent", env: agentEnv(fleet.nats.url, folder) });
    t.is(await former.answers("/readyz", 200), "ok\n", "the revision that it cannot run is not its own");
    t.deepEqual((await fleet.outcome(SCOPE, "old"))["result"], { A: "old code" });
    await using broken = await Pod.start({ program: "agent", env: agentEnv(fleet.nats.url, folder, "hash-2") });
    await eventually("it says what is missing", async () => /renamed/.test((await broken.get("/readyz")).text));
    t.is((await broken.get("/readyz")).status, 503);
    t.is((await broken.get("/livez")).status, 200);
  },
);

test.serial("pods that outlive a NATS that kept nothing work for the owners of the next (E8)", async (t) => {
  await using fleet = await Fleet.start();
  await fleet.apply(SCOPE);
  const folder = await mounted({ "trace.ts": TRACE, "words.ts": 'export const says: string = "done";\n' });
  await using pod = await Pod.start({ program: "agent", env: agentEnv(fleet.nats.url, folder) });
  // Of more owners than the next journal will have had.
  for (const id of ["c-0", "c-1", "c-2"]) {
    await using coordinator = fleet.coordinator(id);
    await fleet.ask(SCOPE, "submit", 1, id);
    t.is((await fleet.outcome(SCOPE, id)).state, "done");
    await coordinator.kill();
  }
  await fleet.nats.kill();
  await rm(join(fleet.nats.folder, "store"), { recursive: true });
  await fleet.nats.start();

  await using again = await connectBus({ url: fleet.nats.url, name: "test" });
  await publishRevision(again, SCOPE, revisionFor(SCOPE));
  fleet.coordinator("c-3");
  await fleet.ask(SCOPE, "submit", 1, "after");
  t.is((await fleet.outcome(SCOPE, "after")).state, "done");
  t.is(pod.process.exitCode, null, "it is the same pod");
  await chmod(folder, 0o755);
  await rm(folder, { recursive: true, force: true });
});

test.serial("credentials that are put right are taken without a new start", async (t) => {
  await using nats = await SecureNats.start();
  const right = await nats.credentials("coordinator", COORDINATOR_PERMISSIONS);
  const folder = await mkdtemp(join(tmpdir(), "troupe-creds-"));
  const creds = join(folder, "user.creds");
  await using pod = await Pod.start({
    program: "coordinator",
    env: { TROUPE_NATS_URL: nats.url, TROUPE_NATS_CREDS: creds },
  });
  await eventually("it says that they are missing", () => /credentials for NATS at .* cannot be read/.test(pod.output));
  await symlink(right, creds);
  t.is(await pod.answers("/readyz", 200), "ok\n");
  await rm(folder, { recursive: true });
});
