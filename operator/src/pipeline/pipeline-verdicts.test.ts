import test from "ava";
import type { Stall } from "@troupe/protocol";
import type { PipelineView } from "./pipeline-view.ts";
import { planPipeline } from "./plan-pipeline.ts";
import { pipelineVerdicts } from "./pipeline-verdicts.ts";
import { INSTALLATION } from "../installation-fixture.ts";
import { viewOf } from "./view-fixture.ts";

/** As `Ready=False reason`, but for those that say that all is well. */
function saysOf(stalled: Stall | null, fields: Partial<PipelineView> = {}): string[] {
  const spec = { source: { image: "i:1" }, modules: [{ name: "A", type: "example", group: "g" }] };
  const view = viewOf(spec, { load: { load: null, stalled, groups: new Map() }, ...fields });
  const plan = planPipeline(view, { installation: INSTALLATION, credentialsSecret: () => null });
  return pipelineVerdicts({ view, plan, groups: [] })
    .filter(({ type }) => type === "Ready" || type === "Stalled")
    .map(({ type, status, reason, message }) => `${type}=${status} ${reason}: ${message}`);
}

const stall = (reason: string): Stall => ({ coordinator: "c-0", reason, message: "do this", at: 0 });

const STALLS = [
  ["JournalLost", "JournalLost"],
  ["NoStorage", "NoStorage"],
  ["JetStreamOff", "JetStreamDisabled"],
  ["NotWorking", "CoordinatorFailing"],
  ["WhatALaterVersionSays", "CoordinatorFailing"],
] as const;

for (const [says, reason] of STALLS)
  test(`a coordinator that says ${says}: ${reason}, with its cure`, (t) => {
    t.deepEqual(saysOf(stall(says)), [`Ready=False ${reason}: do this`, `Stalled=True ${reason}: do this`]);
  });

test("a NATS that is not there comes before what coordinators said", (t) => {
  const nats = { kind: "unreachable", message: "gone" } as const;
  t.is(saysOf(stall("NoStorage"), { nats })[0], "Ready=False NatsUnreachable: gone");
});

test("nobody says anything: no coordinator, and nothing for a person to do", (t) => {
  const [ready = "", stalled] = saysOf(null);
  t.regex(ready, /^Ready=False CoordinatorUnavailable: /);
  t.is(stalled, "Stalled=False NotStalled: ");
});
