import { findNatsServer, LocalError, startNatsServer, type NatsServer } from "@troupe/local";
import { appendToStream, connectBus, ensureStream, streamState } from "@troupe/protocol";
import test from "ava";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { eventually } from "../support/eventually.ts";
import { exists, isRunning, processesWith } from "../support/processes.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const binary = findNatsServer({ root: ROOT, env: process.env });

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "troupe-test-"));
  try {
    await work(folder);
  } finally {
    await eventually("nothing runs in the folder any more", () => processesWith(folder).length === 0);
    await rm(folder, { recursive: true, force: true });
  }
}

async function end(server: NatsServer): Promise<void> {
  process.kill(server.pid, "SIGTERM");
  await server.exited;
}

test("it comes up with JetStream, and goes without a trace of a process", async (t) => {
  await inFolder(async (folder) => {
    const server = await startNatsServer({ binary, folder, port: 0, temporary: false });
    const bus = await connectBus({ url: server.url, name: "test" });
    await ensureStream(bus, { name: "S", subjects: ["s"], maxBytes: 1 << 20, discard: "new" });
    t.is(await appendToStream(bus, "s", new Uint8Array(3)), 1);
    t.true(bus.maxPayload >= 8 * 1024 * 1024);
    await bus.close();
    await end(server);
    t.false(isRunning(server.pid));
  });
});

test("after SIGKILL it starts again on its port with what it had stored", async (t) => {
  await inFolder(async (folder) => {
    const first = await startNatsServer({ binary, folder, port: 0, temporary: false });
    const bus = await connectBus({ url: first.url, name: "test" });
    await ensureStream(bus, { name: "S", subjects: ["s"], maxBytes: 1 << 20, discard: "new" });
    await appendToStream(bus, "s", new Uint8Array(3));
    process.kill(first.pid, "SIGKILL");
    t.is(await first.exited, "signal 9");
    const second = await startNatsServer({ binary, folder, port: first.port, temporary: false });
    t.is(second.url, first.url);
    await eventually("the client is back", () => bus.status === "connected");
    t.is((await streamState(bus, "S"))?.messages, 1);
    await bus.close();
    await end(second);
  });
});

test("when its parent is killed, neither the server nor its temporary folder stays", async (t) => {
  await inFolder(async (folder) => {
    const script = `
      import { startNatsServer } from "@troupe/local";
      const [binary, folder] = process.argv.slice(1);
      const server = await startNatsServer({ binary, folder, port: 0, temporary: true });
      console.log(server.pid);
      setInterval(() => {}, 1000);`;
    const inner = join(folder, "inner");
    const parent = spawn(process.execPath, ["--input-type=module", "-e", script, binary, inner], {
      cwd: ROOT,
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [line] = (await once(createInterface({ input: parent.stdout }), "line")) as [string];
    const pid = Number(line);
    t.true(isRunning(pid));
    t.true(exists(inner));
    parent.kill("SIGKILL");
    await eventually("the server is gone", () => !isRunning(pid));
    await eventually("its folder is gone", () => !exists(inner));
  });
});

test("what keeps it from starting is said with a code and a cure", async (t) => {
  await inFolder(async (folder) => {
    const refused = async (options: {
      binary?: string;
      folder?: string;
      port?: number;
    }): Promise<LocalError | undefined> =>
      t.throwsAsync(startNatsServer({ binary, folder: join(folder, "other"), port: 0, temporary: false, ...options }), {
        instanceOf: LocalError,
      });
    const server = await startNatsServer({ binary, folder, port: 0, temporary: false });
    t.like(await refused({ port: server.port }), {
      code: "NatsPortTaken",
      hint: "Choose another port, or leave it out to get a free one",
    });
    await end(server);

    const script = join(folder, "not-nats");
    await writeFile(
      script,
      "#!/bin/sh\necho '[1] [FTL] can not create storage: no space left on device' >&2\nexit 1\n",
    );
    await chmod(script, 0o755);
    t.is((await refused({ binary: script }))?.code, "DiskFull");
    await writeFile(script, "#!/no/such/shell\n");
    t.is((await refused({ binary: script }))?.code, "NatsServerBroken");
    await writeFile(script, "#!/bin/sh\necho bad flag >&2\nexit 2\n");
    const failed = await refused({ binary: script });
    t.is(failed?.code, "NatsServerFailed");
    t.regex(failed?.message ?? "", /exit status 2: bad flag/);
    await writeFile(join(folder, "file"), "");
    t.is((await refused({ folder: join(folder, "file") }))?.code, "NatsStoreUnusable");
  });
});

test("a missing binary is reported with all places that were looked at", (t) => {
  const error = t.throws(
    () => findNatsServer({ root: "/nowhere", env: { PATH: "/nowhere/bin", GOBIN: "/nowhere/go" } }),
    { instanceOf: LocalError },
  );
  t.is(error.code, "NatsServerMissing");
  t.regex(error.message, /PATH.*\/nowhere\/\.troupe\/tools.*\/nowhere\/go.*make setup/);
  const named = t.throws(() => findNatsServer({ root: "/nowhere", env: { NATS_SERVER: "/no/nats" } }), {
    instanceOf: LocalError,
  });
  t.regex(named.message, /\$NATS_SERVER names \/no\/nats/);
});
