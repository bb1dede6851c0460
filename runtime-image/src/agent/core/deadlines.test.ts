import test from "ava";
import { compileRevision } from "@troupe/model";
import { NULL_PAYLOAD, type Failure } from "@troupe/protocol";
import type { RunningSlot } from "../../host/slots.ts";
import { overdue } from "./deadlines.ts";
import { Executions } from "./executions.ts";

const revision = compileRevision(
  {
    apiVersion: "troupe.dev/v1alpha1",
    kind: "Pipeline",
    metadata: { name: "limits" },
    spec: {
      modules: [
        { name: "a", type: "any", group: "g1", timeoutSeconds: 2 },
        { name: "b", type: "any", group: "g1", dependsOn: ["a"] },
      ],
      groups: [{ name: "g1", timeoutSeconds: 3 }],
    },
  },
  { namespace: "local" },
);

interface Times {
  readonly module: number | null;
  readonly moduleMs: number;
  readonly blockMs: number;
  readonly jobMs?: number;
  readonly timeLeftMs?: number | null;
}

/** The limit that an execution has passed which has run for so long. */
function passed({ module, moduleMs, blockMs, jobMs = blockMs, timeLeftMs = null }: Times): Failure | null {
  const now = 1_000_000;
  const execution = new Executions().add(
    {
      type: "run",
      job: "j1",
      lease: "1:1",
      attempt: 1,
      idempotencyKey: "j1:g1",
      revision: revision.id,
      phase: "run",
      input: NULL_PAYLOAD,
      results: [],
      items: [],
      alone: false,
      timeLeftMs,
    },
    new Map(),
    now - jobMs,
  );
  if (execution === null) throw new Error("it was known");
  const slot: RunningSlot = { execution: 1, module, moduleStartedAt: now - moduleMs, blockStartedAt: now - blockMs };
  return overdue(execution, slot, revision, now);
}

test("within all limits nothing is overdue", (t) => {
  t.is(passed({ module: 0, moduleMs: 2_000, blockMs: 2_000 }), null);
  t.is(passed({ module: 1, moduleMs: 3_000, blockMs: 3_000 }), null);
});

test("ModuleTimeout: a module has passed its own limit", (t) => {
  t.deepEqual(passed({ module: 0, moduleMs: 2_001, blockMs: 2_001 }), {
    code: "ModuleTimeout",
    message: 'Module "a" ran longer than its timeout of 2 s.',
    kind: "retryable",
  });
});

test("BlockTimeout: the modules of a block together have passed its group's limit, and none its own", (t) => {
  t.deepEqual(passed({ module: 1, moduleMs: 1_500, blockMs: 3_001 }), {
    code: "BlockTimeout",
    message: 'The block of group "g1" ran longer than its timeout of 3 s.',
    kind: "retryable",
  });
  t.is(passed({ module: null, moduleMs: 0, blockMs: 3_001 }), null, "between two modules the next one is waited for");
});

test("JobTimeout: what is left of the job's time is over, whatever its modules may take", (t) => {
  t.like(passed({ module: 0, moduleMs: 5_000, blockMs: 5_000, jobMs: 5_000, timeLeftMs: 4_000 }), {
    code: "JobTimeout",
    kind: "terminal",
  });
});
