/** Modules that do not come back: the time limits end them, and their replicas go on. */
import { Pipeline } from "@troupe/sdk";
import test from "ava";
import { MODULES, withBad, withPipeline } from "./bad-system.ts";

const LIMITED = { timeoutSeconds: 0.3, maxAttempts: 1 };

test.serial("a module that never returns fails, whether it ignores its signal or not", async (t) => {
  await withBad(t, LIMITED, async (system) => {
    const ignored = /"bad" ran longer than its timeout of 0\.3 s\. It ignored its AbortSignal for 0\.1 s/;
    await system.fails({ do: "never" }, { code: "HostUnresponsive", message: ignored, attempt: 1 });
    await system.fails({ do: "ignore" }, { code: "HostUnresponsive", message: ignored, attempt: 1 });
    const obeyed = /"bad" ran longer than its timeout of 0\.3 s\.$/;
    await system.fails({ do: "wait" }, { code: "ModuleTimeout", message: obeyed, attempt: 1 });
    await system.fails({ do: "reject late" }, { code: "ModuleTimeout", message: obeyed, attempt: 1 });
    await system.fails({ do: "sleep", ms: 390 }, { code: "ModuleTimeout", message: obeyed, attempt: 1 });
  });
});

test.serial("a limit counts for every attempt", async (t) => {
  await withBad(t, { ...LIMITED, maxAttempts: 2 }, async (system) => {
    await system.fails({ do: "wait" }, { code: "ModuleTimeout", message: /0\.3 s/, attempt: 2 });
  });
});

test.serial(
  "BlockTimeout: the group's limit ends what no module's limit does, and the next job is served",
  async (t) => {
    await withBad(t, { group: { timeoutSeconds: 0.3 }, maxAttempts: 1 }, async (system) => {
      const message = /^The block of group "g2" ran longer than its timeout of 0\.3 s\.$/;
      await system.fails({ do: "wait" }, { code: "BlockTimeout", message, attempt: 1 });
    });
    await withBad(t, { group: { timeoutSeconds: 0.3 }, maxAttempts: 2 }, async (system) => {
      await system.fails({ do: "wait" }, { code: "BlockTimeout", message: /0\.3 s/, attempt: 2 });
    });
  },
);

test.serial("JobTimeout: the owner ends a job that no replica can take, and that no agent looks after", async (t) => {
  // It cannot be set up: what it needs never comes.
  const parameters = { needs: "/never/there" };
  const pipeline = new Pipeline<string>("late", { modules: MODULES, jobs: { timeoutSeconds: 1 } }).addModule(
    "A",
    "needy",
    { parameters, expose: true },
  );
  await withPipeline(t, pipeline, async (running) => {
    const outcome = await running.outcome({ do: "well" });
    t.like(outcome, { state: "failed", error: { code: "JobTimeout" } });
    const { message } = outcome.state === "failed" ? outcome.error : { message: "" };
    t.regex(message, /^the job was not done within 1 s \(jobs\.timeoutSeconds\): group \S+ waited for a replica/);
  });
});

test.serial("a blocked thread is ended at the limit", async (t) => {
  await withBad(t, LIMITED, async (system) => {
    await system.fails({ do: "block", ms: 60_000 }, { code: "HostUnresponsive", message: /0\.3 s/, attempt: 1 });
    t.is(system.restarts(), 0);
  });
});

test.serial("a thread blocked for longer than the lease keeps its job, and others are served meanwhile", async (t) => {
  await withBad(t, { group: { replicas: 2 } }, async (system) => {
    const blocked = system.order({ do: "block", ms: 5_000 });
    let ended = false;
    void blocked.then(() => (ended = true));
    for (let job = 0; job < 10; job++) await system.serves();
    t.false(ended, "others were served first");
    const outcome = await blocked;
    t.like(outcome, { state: "done", result: { bad: { blocked: 5_000 } } });
    const runs = outcome.spans?.filter(({ module }) => module === "bad") ?? [];
    t.deepEqual(
      runs.map(({ attempt }) => attempt),
      [1],
      "it ran once",
    );
    t.is(system.restarts(), 0);
  });
});

test.serial("closing does not wait for a module that never returns", async (t) => {
  await withBad(t, {}, async (system) => {
    await system.serves();
    const outcome = t.throwsAsync(system.order({ do: "never" }), { name: "ClientClosedError" });
    const blocked = t.throwsAsync(system.order({ do: "block", ms: 60_000 }), { name: "ClientClosedError" });
    await system.running.submit({ do: "block", ms: 60_000 });
    await system.running.close();
    await Promise.all([outcome, blocked]);
  });
});
