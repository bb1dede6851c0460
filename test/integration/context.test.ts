/** What user code is told of its run, in a real host: docs/modules.md promises it. */
import { Pipeline, type LogLine } from "@troupe/sdk";
import test from "ava";
import { join } from "node:path";
import { eventually } from "../support/eventually.ts";
import type { Told } from "./fixtures/context/modules.ts";

const MODULES = join(import.meta.dirname, "fixtures/context/modules.ts");

function pipelineOf(concurrency: number): Pipeline<string> {
  return new Pipeline<string>("context", { modules: MODULES, jobs: { backoff: { initialSeconds: 0.01 } } })
    .addGroup({ name: "g1", concurrency })
    .addModule("A", "tell", { group: "g1", expose: true })
    .addModule("B", "second-time", { group: "g1", dependsOn: "A", expose: true })
    .addModule("C", "tell", { group: "g2", dependsOn: "B", expose: true });
}

interface Results {
  readonly A: Told;
  readonly B: readonly [Told, Told];
  readonly C: Told;
}

test.serial(
  "job, attempt and idempotency key: the key is the same in both attempts, and of no other block or job",
  async (t) => {
    await using running = await pipelineOf(1).start({ onLog: () => undefined });
    const outcomes = await running.runMany([1, 2, 3]);
    const keys = new Set<string>();
    for (const outcome of outcomes) {
      if (outcome.state !== "done") {
        t.fail(`a job ended as ${outcome.state}`);
        return;
      }
      const { A, B, C } = outcome.result as unknown as Results;
      const [first, second] = B;
      const where = { job: outcome.id, pipeline: "context" };
      t.like(first, { ...where, attempt: 1, module: "B", type: "second-time", group: "g1", replica: "g1-0" });
      t.deepEqual(second, { ...first, attempt: 2 }, "all but the attempt is the same, the key too");
      t.like(A, { ...where, attempt: 1, module: "A", type: "tell", group: "g1" });
      t.is(A.idempotencyKey, first.idempotencyKey, "a block has one key");
      t.like(C, { ...where, attempt: 1, module: "C", type: "tell", group: "g2", replica: "g2-0" });
      for (const { idempotencyKey } of [first, C]) keys.add(idempotencyKey);
    }
    t.is(keys.size, 6, "two blocks of three jobs");
    const retried = await running.outcome("give up");
    t.is(retried.state, "failed");
    await running.retry(retried.id);
    const again = await running.job(retried.id).outcome();
    t.is(again.state, "done");
    const [before, after] = again.state === "done" ? (again.result as unknown as Results).B : [];
    t.is(after?.idempotencyKey, before?.idempotencyKey, "also when a failed job is retried by hand");
  },
);

test.serial("what the logger writes says job, module and attempt, also while four jobs share the thread", async (t) => {
  const lines: LogLine[] = [];
  await using running = await pipelineOf(4).start({ onLog: (line) => lines.push(line), logLevel: "info" });
  const outcomes = await running.runMany([1, 2, 3, 4]);
  const written = (): string[] =>
    lines
      .filter(({ message }) => ["begins", "ends", "tries"].includes(message))
      .map(({ source, level, message, fields }) =>
        [source, level, message, fields["job"], fields["module"], fields["attempt"]].join(" "),
      );
  const expected = outcomes.flatMap(({ id }) => [
    `g1-0 info begins ${id} A 1`,
    `g1-0 warn ends ${id} A 1`,
    `g1-0 error tries ${id} B 1`,
    `g1-0 error tries ${id} B 2`,
    `g2-0 info begins ${id} C 1`,
    `g2-0 warn ends ${id} C 1`,
  ]);
  await eventually("all has been written", () => written().length >= expected.length);
  t.deepEqual(written().toSorted(), expected.toSorted());
  t.deepEqual(lines.find(({ message }) => message === "ends")?.fields["nested"], { list: [1, 2] });
  t.is(lines.find(({ message }) => message === "tries")?.fields["key"], `${outcomes[0]!.id}:g1`);
});
