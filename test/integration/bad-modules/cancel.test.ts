/** Jobs that are called off while a module of theirs runs: what becomes of them, of the module's host, and of the job after them. */
import { connect, JobCancelledError, type JobHandle, type RunningPipeline } from "@troupe/sdk";
import test from "ava";
import { eventually } from "../../support/eventually.ts";
import { withBad, type BadSystem } from "./bad-system.ts";

/** Resolves when the module that misbehaves runs for the job. */
async function runs(job: JobHandle): Promise<void> {
  await eventually("the module runs", async () =>
    (await job.status()).modules.some(({ name, state }) => name === "bad" && state === "running"),
  );
}

async function hostOf({ running }: BadSystem): Promise<unknown> {
  return (await running.run({ do: "host" }))["bad"];
}

test.serial("a module that honours its signal ends, its host is kept, and the next job is served", async (t) => {
  await withBad(t, {}, async (system) => {
    const host = await hostOf(system);
    const job = await system.running.submit({ do: "wait" });
    await runs(job);
    t.is(await job.cancel(), "cancelled");
    await t.throwsAsync(job.result(), { instanceOf: JobCancelledError });
    t.like(await job.status(), { state: "cancelled" });
    t.is(await job.cancel(), "cancelled", "again says how it ended");
    await system.serves();
    t.is(await hostOf(system), host);
    t.is(system.restarts(), 0);
  });
});

for (const deaf of ["never", "block"] as const) {
  test.serial(
    `a module that hears nothing (${deaf}) loses its host after the grace, and the next job is served`,
    async (t) => {
      await withBad(t, {}, async (system) => {
        const host = await hostOf(system);
        const job = await system.running.submit({ do: deaf, ms: 600_000 });
        await runs(job);
        t.is(await job.cancel(), "cancelled");
        await system.serves();
        t.not(await hostOf(system), host);
        t.is(system.restarts(), 0, "the replica's process goes on");
      });
    },
  );
}

test.serial("a job that has ended keeps its end", async (t) => {
  await withBad(t, {}, async ({ running }) => {
    const job = await running.submit({ do: "well" });
    await job.outcome();
    t.is(await job.cancel(), "done");
    t.like(await job.outcome(), { state: "done" });
  });
});

test.serial("the caller's signal, and leaving the loop over results, cancel what is still open", async (t) => {
  await withBad(t, { group: { replicas: 2 } }, async (system) => {
    await using remote = await elsewhere(system.running);
    for (const client of [system.running, remote]) {
      const calling = new AbortController();
      const open = client.run({ do: "wait" }, { signal: calling.signal });
      const reason = new Error("not needed any more");
      calling.abort(reason);
      const error = await t.throwsAsync(open, { instanceOf: JobCancelledError });
      t.is(error.cause, reason);

      const ids = new Set<string>();
      for await (const outcome of client.outcomes([{ do: "well" }, { do: "wait" }, { do: "wait" }])) {
        ids.add(outcome.id);
        t.is(outcome.state, "done");
        break;
      }
      t.is(ids.size, 1);
      // Both replicas are free again, or this would wait for ever.
      const outcomes = await client.runMany([{ do: "well" }, { do: "well" }, { do: "well" }]);
      t.deepEqual(
        outcomes.map(({ state }) => state),
        ["done", "done", "done"],
      );
    }
  });
});

async function elsewhere({ local }: RunningPipeline): Promise<Awaited<ReturnType<typeof connect>>> {
  return connect({ nats: local?.natsUrl ?? "", pipeline: "bad-modules" });
}
