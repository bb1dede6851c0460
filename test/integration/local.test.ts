import { connect, Pipeline, type RunningPipeline } from "@troupe/sdk";
import test from "ava";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { eventually } from "../support/eventually.ts";
import { isRunning } from "../support/processes.ts";

const MODULES = join(import.meta.dirname, "fixtures/local/modules.ts");

function chain(name: string, replicas = 1): Pipeline<string> {
  return new Pipeline<string>(name, { modules: MODULES })
    .addGroup({ name: "g2", replicas })
    .addModule("A", "trace", { group: "g1" })
    .addModule("B", "trace", { group: "g2", dependsOn: "A" })
    .addModule("C", "trace", { group: "g3", dependsOn: "B", expose: true });
}

function pidsOf({ local }: RunningPipeline): number[] {
  return (local?.processes() ?? []).flatMap(({ pid }) => pid ?? []);
}

test.serial("three groups carry jobs, results come in order, and closing leaves no process", async (t) => {
  const running = await chain("chain", 2).start({ timeline: true });
  const names = running.local?.processes().map(({ name }) => name);
  t.deepEqual(names?.toSorted(), ["coordinator-0", "g1-0", "g2-0", "g2-1", "g3-0", "nats"]);
  t.deepEqual(await running.run({ n: 1 }), { C: { module: "C", input: { n: 1 }, parents: ["B"] } });
  const outcomes = await running.runMany(Array.from({ length: 300 }, (_, n) => n));
  t.deepEqual(
    outcomes.map((outcome) => (outcome.state === "done" ? outcome.result : outcome)),
    outcomes.map(({ index }) => ({ C: { module: "C", input: index, parents: ["B"] } })),
  );
  const spans = outcomes.flatMap((outcome) => outcome.spans ?? []);
  t.is(spans.length, 900);
  t.deepEqual([...new Set(spans.filter(({ group }) => group === "g2").map(({ replica }) => replica))].toSorted(), [
    "g2-0",
    "g2-1",
  ]);
  const pids = pidsOf(running);
  t.true(pids.every(isRunning));
  await Promise.all([running.close(), running.close()]);
  t.false(pids.some(isRunning));
});

test.serial("jobs survive the death of every kind of process, and each is started again", async (t) => {
  const exits: string[] = [];
  await using running = await chain("deaths").start({
    onEvent: (event) => event.type === "exited" && exits.push(event.process),
  });
  const outcomes = running.runMany(
    Array.from({ length: 400 }, (_, n) => n),
    { concurrency: 20 },
  );
  await running.run("up");
  for (const name of ["g2-0", "coordinator-0", "nats"]) {
    running.local?.kill(name, "SIGKILL");
    await running.run(`after ${name}`);
  }
  t.deepEqual(
    (await outcomes).filter(({ state }) => state !== "done"),
    [],
  );
  t.deepEqual(exits.toSorted(), ["coordinator-0", "g2-0", "nats"]);
  t.true(
    running.local
      ?.processes()
      .every(({ pid, restarts, name }) => pid !== null && restarts === (exits.includes(name) ? 1 : 0)),
  );
});

test.serial("a program's own file holds its modules; when it is killed, nothing of its system stays", async (t) => {
  const program = spawn(process.execPath, [join(import.meta.dirname, "fixtures/local/program.ts")], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = (await once(createInterface({ input: program.stdout }), "line")) as [string];
  const { result, pids } = JSON.parse(line) as { result: unknown; pids: number[] };
  t.deepEqual(result, { A: 42 });
  t.is(pids.length, 3);
  t.true(pids.every(isRunning));
  program.kill("SIGKILL");
  await eventually("all of them are gone", () => !pids.some(isRunning));
});

test.serial("a kept store is gone on from: a job is the same job after a restart of everything", async (t) => {
  const storeDir = await mkdtemp(join(tmpdir(), "troupe-test-"));
  const once = async (input: string): Promise<unknown> => {
    await using running = await chain("kept").start({ storeDir });
    const result = await running.run(input, { id: "the-one" });
    return result;
  };
  const first = await once("x");
  t.deepEqual(await once("x"), first);
  await rm(storeDir, { recursive: true });
});

test.serial(
  "large payloads pass as files, outlive who wrote them, and go with their job; a client elsewhere gets the result",
  async (t) => {
    const storeDir = await mkdtemp(join(tmpdir(), "troupe-test-"));
    const files = async (): Promise<string[]> =>
      (await readdir(join(storeDir, "payloads"), { recursive: true })).filter((name) => name.includes("."));
    await using running = await new Pipeline<string>("large", { modules: MODULES })
      .addModule("A", "increment", { group: "g1" })
      .addModule("B", "slow-increment", { group: "g2", dependsOn: "A" })
      .addModule("C", "increment", { group: "g3", dependsOn: "B", expose: true })
      .start({ storeDir });
    const input = new Uint8Array(300_000).map((_, index) => index % 200);
    const job = await running.submit(input);
    await eventually("A's result is written", async () => (await files()).some((name) => name.includes(".0.")));
    t.is((await files()).length, 2, "the input and A's result");
    // Before, another A would run and write another file: the sweep takes the one that no event names.
    await eventually("A's result counts", async () => (await job.status()).modules[1]?.state === "running");
    running.local?.kill("g1-0", "SIGKILL");
    const expected = { C: input.map((byte) => byte + 3) };
    t.deepEqual(await job.result(), expected);
    await eventually("nothing is left of it", async () => (await files()).length === 0);
    await using elsewhere = await connect({ nats: running.local?.natsUrl ?? "", pipeline: "large" });
    t.deepEqual(await elsewhere.job(job.id).result(), expected);
    t.deepEqual(await elsewhere.run(input), expected, "its input goes through NATS");
    await running.close();
    await rm(storeDir, { recursive: true });
  },
);

test.serial("claims that the machine cannot grant are refused before anything is started", async (t) => {
  const greedy = new Pipeline("greedy", { modules: MODULES })
    .addGroup({ name: "g1", gpu: 1 })
    .addGroup({ name: "g2", cpu: "4", gpu: "0.5" })
    .addModule("A", "trace", { group: "g1" })
    .addModule("B", "trace", { group: "g2", dependsOn: "A", expose: true });
  await t.throwsAsync(greedy.start({ cpus: 2, gpus: 0 }), {
    name: "LocalError",
    message: /5 CPUs, and there are 2.*--cpus 5 --gpus 2/,
  });
  await using running = await greedy.start({ cpus: 5, gpus: 2 });
  t.like(await running.run(1), { B: { module: "B" } });
});

test.serial("an unknown type names the files that were looked at and what is registered", async (t) => {
  const unknown = new Pipeline("unknown", { modules: MODULES }).addModule("A", "trice", { expose: true });
  await t.throwsAsync(unknown.start(), { name: "InvalidPipelineError", message: /UnknownModuleType.*trice/ });
});

test.serial("the first run starts everything, and close ends it; then it can be run again", async (t) => {
  const pipeline = new Pipeline("lazy", { modules: MODULES }).addModule("A", "trace", { expose: "out" });
  const results = await Promise.all([pipeline.run(1), pipeline.run(2)]);
  t.deepEqual(
    results.map((result) => (result.out as { input: number }).input),
    [1, 2],
  );
  await pipeline.close();
  t.like(await pipeline.run(3), { out: { input: 3 } });
  await pipeline.close();
});
