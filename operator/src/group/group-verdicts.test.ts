import test from "ava";
import type { GroupRole, GroupView } from "./group-view.ts";
import { groupFindings } from "./group-verdicts.ts";
import type { ObservedDeployment } from "./observed-deployment.ts";
import { observedDeployment, observedPod } from "./observed-fixture.ts";
import type { ObservedPod } from "./observed-pod.ts";
import { planGroup } from "./plan-group.ts";

const SERVING: Extract<GroupRole, { kind: "serving" }> = {
  kind: "serving",
  current: { hash: "new", template: {} },
  settings: {},
  hasAggregate: false,
  refusal: null,
  gpuResource: null,
  hasOwnCredentials: true,
};

function deployment(templateHash: string, progress: string | null): ObservedDeployment {
  const conditions = progress === null ? [] : [{ type: "Progressing", status: "False", reason: progress }];
  return observedDeployment(templateHash, { ready: 0, raw: { status: { conditions } } });
}

function pod(templateHash: string, isReady: boolean): ObservedPod {
  return observedPod({ name: `p-${templateHash}`, templateHash, isReady });
}

/** The conditions of the type as `status reason`. */
function saysOf(type: string, fields: Partial<GroupView>): string[] {
  const metadata = { name: "p-g", namespace: "n", uid: "u" };
  const view: GroupView = {
    group: { apiVersion: "troupe.dev/v1alpha1", kind: "Group", metadata, spec: {} },
    owner: { apiVersion: "troupe.dev/v1alpha1", kind: "Group", name: "p-g", uid: "u" },
    name: { pipeline: "p", group: "g", namespace: "n" },
    role: SERVING,
    deployments: [],
    pods: [],
    disruptionBudget: undefined,
    load: { load: null, report: null, pinned: () => 0 },
    nats: { kind: "connected" },
    nowMs: 0,
    ...fields,
  };
  const { verdicts } = groupFindings(view, planGroup(view, null));
  return verdicts.flatMap((verdict) => (verdict.type === type ? [`${verdict.status} ${verdict.reason}`] : []));
}

const STUCK = "ProgressDeadlineExceeded";
const ROLLING = [pod("old", true), pod("new", false)];
const waiting = { reason: "ImagePullBackOff", message: "" };
const noImage = [{ name: "troupe", image: "a:1", restarts: 0, waiting, runningSinceMs: null, ended: null }];

const CASES: readonly (readonly [
  what: string,
  type: string,
  fields: Partial<GroupView>,
  expected: readonly string[],
])[] = [
  [
    "a roll-out past its deadline",
    "Stalled",
    { deployments: [deployment("old", null), deployment("new", STUCK)], pods: ROLLING },
    ["True RolloutStuck"],
  ],
  [
    "one that moves",
    "Stalled",
    { deployments: [deployment("old", null), deployment("new", "ReplicaSetUpdated")], pods: ROLLING },
    ["False NotStalled"],
  ],
  [
    "the deadline of the old template",
    "Stalled",
    { deployments: [deployment("old", STUCK), deployment("new", null)], pods: ROLLING },
    ["False NotStalled"],
  ],
  [
    "a first template past its deadline: nothing rolls",
    "Stalled",
    { deployments: [deployment("new", STUCK)], pods: [pod("new", false)] },
    ["False NotStalled"],
  ],
  [
    "a roll-out past its deadline whose cause is known: the cause",
    "Stalled",
    {
      deployments: [deployment("old", null), deployment("new", STUCK)],
      pods: [pod("old", true), { ...pod("new", false), containers: noImage }],
    },
    ["True ImageNotPulled"],
  ],
  ["credentials of its own", "NatsIsolated", {}, ["True OwnCredentials"]],
  [
    "those of the installation",
    "NatsIsolated",
    { role: { ...SERVING, hasOwnCredentials: false } },
    ["False SharedCredentials"],
  ],
  [
    "a Group without pods",
    "NatsIsolated",
    { role: { kind: "idle", refusal: { reason: "PipelineNotFound", message: "", isPipelines: false } } },
    [],
  ],
];

for (const [what, type, fields, expected] of CASES)
  test(`${type}, ${what}: ${expected.join() || "nothing"}`, (t) => {
    t.deepEqual(saysOf(type, fields), expected);
  });
