import test from "ava";
import { CONDITION_REASONS, type Condition, type ConditionReason, type ConditionStatus } from "@troupe/model";
import { execFileSync } from "node:child_process";
import { resolve } from "node:path";

const ROOT = resolve(import.meta.dirname, "../..");
const SCRIPT = resolve(ROOT, "crds/argocd-health.lua");
const lua = findLua();
/** Skipped where neither a Lua nor a way to get one is at hand. */
const withLua = lua === null ? test.skip : test;

const VALID = condition("Accepted", "True", "Valid");
const CALM = [VALID, condition("Progressing", "False", "UpToDate"), condition("Stalled", "False", "NotStalled")];
const READY = condition("Ready", "True", "AllGroupsReady");

const CASES: readonly [what: string, object: object, expected: string][] = [
  ["nothing was looked at", {}, "Progressing Waiting for the operator to look at it."],
  ["an older spec was looked at", seen([...CALM, READY], 1), "Progressing Waiting for the operator to look at it."],
  ["all is well", seen([...CALM, READY]), "Healthy AllGroupsReady: all of it"],
  ["an idle group", seen([...CALM, condition("Ready", "True", "ScaledToZero")]), "Healthy ScaledToZero: all of it"],
  ["a refused spec", seen([condition("Accepted", "False", "GroupCycle")]), "Degraded GroupCycle: all of it"],
  [
    "a Group before its Pipeline",
    seen([condition("Accepted", "False", "PipelineNotFound")]),
    "Progressing PipelineNotFound: all of it",
  ],
  [
    "somebody has to do something",
    seen([VALID, condition("Ready", "False", "ImageNotPulled"), condition("Stalled", "True", "ImageNotPulled")]),
    "Degraded ImageNotPulled: all of it",
  ],
  [
    "no room yet",
    seen([...CALM, condition("Ready", "False", "InsufficientGpu")]),
    "Progressing InsufficientGpu: all of it",
  ],
  [
    "a roll-out",
    seen([VALID, READY, condition("Progressing", "True", "RollingOut")]),
    "Progressing RollingOut: all of it",
  ],
  [
    "old replicas are kept",
    seen([VALID, READY, condition("Progressing", "True", "DrainingRevision")]),
    "Healthy AllGroupsReady: all of it",
  ],
  [
    "suspended",
    { ...seen([...CALM, READY]), spec: { suspend: true } },
    "Suspended New jobs are refused; open ones go on to their end.",
  ],
  [
    "scaled to zero by hand",
    seen([...CALM, condition("Ready", "False", "NoReplicas")]),
    "Suspended NoReplicas: all of it",
  ],
  [
    "not known yet",
    seen([condition("Ready", "Unknown", "Reconciling")]),
    "Progressing Waiting for the operator to look at it.",
  ],
  [
    "deleted",
    { ...seen([...CALM, READY]), metadata: { generation: 2, deletionTimestamp: "2026-01-01T00:00:00Z" } },
    "Progressing What belongs to it is being deleted.",
  ],
];

for (const [what, object, expected] of CASES) {
  withLua(`Argo CD shows: ${what}`, (t) => {
    t.is(healthOf({ metadata: { generation: 2 }, ...object }), expected);
  });
}

withLua("whatever the conditions are, Argo CD gets a health that it knows", (t) => {
  const every = Object.entries(CONDITION_REASONS).flatMap(([type, reasons]) =>
    Object.keys(reasons).flatMap((reason) =>
      ["True", "False", "Unknown"].map((status) => seen([{ ...VALID, type, status, reason }])),
    ),
  );
  const known = /^(Healthy|Progressing|Degraded|Suspended) ./;
  for (const line of run(every.map((object) => ({ metadata: { generation: 2 }, ...object })))) t.regex(line, known);
});

function condition(type: Condition["type"], status: ConditionStatus, reason: ConditionReason): Condition {
  const message = "all of it";
  return {
    type,
    status,
    reason,
    message,
    observedGeneration: 2,
    lastTransitionTime: "2026-01-01T00:00:00Z",
  };
}

function seen(conditions: readonly object[], observedGeneration = 2): object {
  return { spec: {}, status: { observedGeneration, conditions } };
}

function healthOf(object: object): string {
  return run([object])[0] ?? "";
}

/** One line an object: its health, and the message. */
function run(objects: readonly object[]): string[] {
  const program = objects.map(
    (object) =>
      `obj = ${luaOf(object)}\ndo local h = dofile(${JSON.stringify(SCRIPT)}) print(h.status .. " " .. h.message) end\n`,
  );
  return execFileSync(lua ?? "lua", ["-"], { input: program.join(""), encoding: "utf8" })
    .trimEnd()
    .split("\n");
}

/** A value as a literal of Lua. */
function luaOf(value: unknown): string {
  if (Array.isArray(value)) return `{${value.map(luaOf).join(",")}}`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  return `{${Object.entries(value)
    .map(([key, field]) => `[${JSON.stringify(key)}]=${luaOf(field)}`)
    .join(",")}}`;
}

function findLua(): string | null {
  try {
    return execFileSync("sh", [resolve(ROOT, "hack/lua.sh")], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }).trim();
  } catch {
    return null;
  }
}
