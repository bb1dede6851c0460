/** How processes end, and what several jobs in one of them see of each other. */
import { Pipeline, type RunningPipeline } from "@troupe/sdk";
import test, { type ExecutionContext } from "ava";
import { spawn, type ChildProcess } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { eventually } from "../support/eventually.ts";
import { processesWith } from "../support/processes.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const MODULES = join(import.meta.dirname, "fixtures/processes/modules.ts");
/** How long what is left may take to see that it is alone. */
const ALONE_MS = 5_000;

// ------------------------------------------------------------------------------------------------ the command

interface Command {
  readonly child: ChildProcess;
  /** In the environment of all that it starts. */
  readonly mark: string;
  /** Exit status, or the signal that ended it. */
  readonly ended: Promise<number | string>;
  readonly said: () => string;
}

/** `./troupe run` with one module that keeps two replicas busy, handed over when both have begun. */
async function withCommand(
  t: ExecutionContext,
  type: string,
  work: (command: Command) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "troupe-test-"));
  const begun = join(folder, "begun");
  await writeFile(begun, "");
  await writeFile(join(folder, "pipeline.yaml"), manifestOf(type, begun));
  const command = start(join(folder, "pipeline.yaml"));
  try {
    await eventually("both replicas have begun", async () => (await readFile(begun, "utf8")).split("\n").length > 2);
    // The command, nats-server and its guard, a coordinator, two replicas.
    t.true(processesWith(command.mark).length >= 6);
    await work(command);
    await eventually("nothing is left", () => processesWith(command.mark).length === 0, ALONE_MS);
  } finally {
    command.child.kill("SIGKILL");
    await rm(folder, { recursive: true });
  }
}

function manifestOf(type: string, file: string): string {
  return JSON.stringify({
    apiVersion: "troupe.dev/v1alpha1",
    kind: "Pipeline",
    metadata: { name: "processes" },
    spec: {
      modules: [{ name: "A", type, group: "g1", parameters: { file, ms: 600_000 }, expose: true }],
      groups: [{ name: "g1", replicas: 2 }],
    },
  });
}

function start(file: string): Command {
  const mark = randomUUID();
  const child = spawn(join(ROOT, "troupe"), ["run", file, "--modules", MODULES, "--jobs", "3"], {
    env: { ...process.env, TROUPE_TEST_MARK: mark },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (said += String(chunk)));
  const ended = once(child, "exit").then(([code, signal]: (number | string | null)[]) => signal ?? code ?? -1);
  return { child, mark, ended, said: () => said };
}

test.serial("Ctrl-C cancels the jobs, says so, and leaves nothing", async (t) => {
  await withCommand(t, "slow", async ({ child, ended, said }) => {
    child.kill("SIGINT");
    t.is(await ended, 130);
    t.regex(said(), /Cancelling the jobs and closing/);
  });
});

test.serial("Ctrl-C leaves nothing of modules that never end and hear nothing", async (t) => {
  await withCommand(t, "deaf", async ({ child, ended }) => {
    child.kill("SIGINT");
    t.is(await ended, 130);
  });
});

test.serial("a second Ctrl-C ends at once, and leaves nothing", async (t) => {
  await withCommand(t, "deaf", async ({ child, ended, said }) => {
    child.kill("SIGINT");
    await eventually("the first was heard", () => said().includes("Ctrl-C again"));
    child.kill("SIGINT");
    t.is(await ended, 130);
  });
});

test.serial("SIGTERM ends it as Ctrl-C does", async (t) => {
  await withCommand(t, "slow", async ({ child, ended }) => {
    child.kill("SIGTERM");
    t.is(await ended, 130);
  });
});

for (const type of ["slow", "deaf"]) {
  test.serial(
    `when the command is killed, everything else ends by itself, whatever its modules do: ${type}`,
    async (t) => {
      await withCommand(t, type, async ({ child, ended }) => {
        child.kill("SIGKILL");
        t.is(await ended, "SIGKILL");
      });
    },
  );
}

test.serial("killed while it starts, it leaves nothing either", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "troupe-test-"));
  const file = join(folder, "pipeline.yaml");
  await writeFile(file, manifestOf("slow", join(folder, "begun")));
  const { child, mark, ended } = start(file);
  await eventually("it has started something", () => processesWith(mark).length > 2);
  child.kill("SIGKILL");
  t.is(await ended, "SIGKILL");
  await eventually("nothing is left", () => processesWith(mark).length === 0, ALONE_MS);
  await rm(folder, { recursive: true });
});

// ------------------------------------------------------------------------------------------------ one replica

test.serial("concurrency: 3 lets three jobs of one replica meet, and never a fourth", async (t) => {
  const pipeline = new Pipeline("meeting", { modules: MODULES })
    .addGroup({ name: "g1", concurrency: 3 })
    .addModule("A", "meet", { group: "g1", parameters: { count: 3 }, expose: true });
  await withRunning(pipeline, async (running) => {
    const outcomes = await running.runMany(Array.from({ length: 9 }, (_, index) => index));
    t.deepEqual(
      outcomes.map((outcome) => (outcome.state === "done" ? outcome.result : outcome)),
      outcomes.map(() => ({ A: { most: 3, replica: "g1-0" } })),
    );
  });
});

test.serial("a replica that is told to end finishes what runs, and what waited is not charged", async (t) => {
  await withSlow({ ms: 600, drainMs: 5_000 }, async (running, begun) => {
    const outcomes = running.runMany(["running", "waiting"]);
    await eventually("the first runs", async () => (await begun()).length === 1);
    running.local?.kill("g1-0", "SIGTERM");
    t.deepEqual(
      (await outcomes).map((outcome) => (outcome.state === "done" ? outcome.result : outcome)),
      [{ A: 1 }, { A: 1 }],
    );
    t.is((await begun()).length, 2, "each ran once");
    t.is(running.local?.processes().find(({ name }) => name === "g1-0")?.restarts, 1);
  });
});

test.serial("what a replica cannot finish in time is given back, runs again, and is not charged", async (t) => {
  await withSlow({ ms: 1_500, drainMs: 400 }, async (running, begun) => {
    const outcome = running.outcome("long");
    await eventually("it runs", async () => (await begun()).length === 1);
    running.local?.kill("g1-0", "SIGTERM");
    t.like(await outcome, { state: "done", result: { A: 1 } });
    t.is((await begun()).length, 2);
  });
});

async function withSlow(
  { ms, drainMs }: { readonly ms: number; readonly drainMs: number },
  work: (running: RunningPipeline, begun: () => Promise<string[]>) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "troupe-test-"));
  const file = join(folder, "begun");
  await writeFile(file, "");
  const pipeline = new Pipeline("draining", { modules: MODULES, jobs: { maxAttempts: 2 } }).addModule("A", "slow", {
    group: "g1",
    parameters: { file, ms },
    expose: true,
  });
  const begun = async (): Promise<string[]> => (await readFile(file, "utf8")).split("\n").slice(0, -1);
  await withRunning(pipeline, async (running) => work(running, begun), drainMs);
  await rm(folder, { recursive: true });
}

async function withRunning(
  pipeline: Pipeline<string>,
  work: (running: RunningPipeline) => Promise<void>,
  drainMs = 500,
): Promise<void> {
  await using running = await pipeline.start({ drainMs, onLog: () => undefined });
  await work(running);
}
