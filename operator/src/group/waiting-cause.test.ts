import test from "ava";
import type { WaitingCause } from "@troupe/model";
import { NOT_PULLED, OUT_OF_MEMORY } from "./kubelet-fixture.ts";
import { observedPod } from "./observed-fixture.ts";
import { readPod, type ObservedContainer, type ObservedPod } from "./observed-pod.ts";
import { waitingCause, type CauseEvidence } from "./waiting-cause.ts";

const NOTHING: CauseEvidence = {
  pods: [],
  refusal: null,
  problems: [],
  gpuResource: null,
  nowMs: Date.parse("2026-11-27T21:37:00Z"),
};

function pod(fields: Partial<ObservedPod> = {}): ObservedPod {
  return observedPod({ templateHash: "h", isReady: false, ...fields });
}

function container(fields: Partial<ObservedContainer>): ObservedPod {
  const plain = {
    name: "troupe",
    image: "example.test/a:1",
    restarts: 0,
    waiting: null,
    runningSinceMs: null,
    ended: null,
  };
  return pod({ containers: [{ ...plain, ...fields }] });
}

const waiting = (reason: string, message = ""): ObservedPod => container({ waiting: { reason, message } });
const ended = (reason: string, message: string, fields: Partial<ObservedContainer> = {}): ObservedPod =>
  container({ ended: { reason, exitCode: 1, message }, restarts: 2, ...fields });
const unschedulable = (message: string): ObservedPod => pod({ unschedulable: { message, sinceMs: 0 } });
const problem = (code: string): CauseEvidence["problems"][number] => ({
  replica: "p-1",
  code,
  message: "no\nsuch   file",
  at: 0,
});

const CASES: readonly (readonly [string, Partial<CauseEvidence>, WaitingCause["reason"], RegExp])[] = [
  [
    "an image",
    { pods: [waiting("ErrImagePull", "not found")] },
    "ImageNotPulled",
    /^Pod p-1: the image example\.test\/a:1 cannot be pulled \(ErrImagePull: not found\)\. .*imagePullSecrets/,
  ],
  ["an image, without a word", { pods: [waiting("ImagePullBackOff")] }, "ImageNotPulled", /\(ImagePullBackOff\)/],
  [
    "a Secret that is missing",
    { pods: [waiting("CreateContainerConfigError", 'secret "a" not found')] },
    "PodsRefused",
    /the container troupe cannot be started .*secret "a" not found/,
  ],
  [
    "a quota",
    { refusal: "exceeded quota" },
    "PodsRefused",
    /^The cluster refuses the pods: exceeded quota\. Raise the quota/,
  ],
  [
    "a module",
    { problems: [problem("ModuleNotFound")] },
    "ModuleNotLoaded",
    /^Replica p-1 cannot start its modules \(ModuleNotFound\): no such file$/,
  ],
  ["a heap", { problems: [problem("HostOutOfMemory")] }, "OutOfMemory", /Raise resources\.memory/],
  ["the kernel", { pods: [ended("OOMKilled", "", { restarts: 0 })] }, "OutOfMemory", /ended by the kernel, 0 restarts/],
  ["an end after an end", { pods: [ended("Error", "boom")] }, "Crashing", /\(exit code 1, 2 restarts\): boom$/],
  ["one that says nothing", { pods: [ended("Error", "")] }, "Crashing", /See kubectl logs --previous p-1\.$/],
  [
    "a back-off after the first end",
    { pods: [ended("Error", "boom", { restarts: 1, waiting: { reason: "CrashLoopBackOff", message: "" } })] },
    "Crashing",
    /boom/,
  ],
  [
    "an end after an end, less than ten minutes ago",
    { pods: [ended("Error", "boom", { runningSinceMs: 0 })], nowMs: 599_999 },
    "Crashing",
    /boom/,
  ],
  ["NATS", { pods: [ended("Error", "NATS at nats://a cannot be reached")] }, "NatsUnreachable", /cannot be reached/],
  [
    "a GPU",
    { pods: [unschedulable("0/1 nodes: 1 Insufficient nvidia.com/gpu.")], gpuResource: "nvidia.com/gpu" },
    "InsufficientGpu",
    /waits for a GPU: no node has nvidia\.com\/gpu left/,
  ],
  [
    "another claim than its GPU",
    { pods: [unschedulable("0/1 nodes: 1 Insufficient cpu.")], gpuResource: "nvidia.com/gpu" },
    "Unschedulable",
    /waits for a node: the scheduler says: 0\/1 nodes: 1 Insufficient cpu\./,
  ],
  ["a node", { pods: [pod({ isNodeLost: true })] }, "NodeNotReady", /The node n of pod p-1 does not answer/],
];

for (const [what, evidence, reason, message] of CASES)
  test(`${what}: ${reason}`, (t) => {
    const cause = waitingCause({ ...NOTHING, ...evidence });
    t.is(cause?.reason, reason);
    t.regex(cause?.message ?? "", message);
  });

const NONE: readonly (readonly [string, Partial<CauseEvidence>])[] = [
  ["no pods", {}],
  ["a pod that starts", { pods: [waiting("ContainerCreating")] }],
  ["a container that ended once", { pods: [ended("Error", "boom", { restarts: 1 })] }],
  [
    "one that ended often, and has run for ten minutes since",
    { pods: [ended("Error", "boom", { runningSinceMs: 0 })], nowMs: 600_000 },
  ],
  ["one that ended often, of a pod that is ready", { pods: [{ ...ended("Error", "boom"), isReady: true }] }],
];

for (const [what, evidence] of NONE)
  test(`${what}: no cause`, (t) => {
    t.is(waitingCause({ ...NOTHING, ...evidence }), null);
  });

/** Of a pod `p-1` whose status a kubelet has written. */
function causeOf(status: object): WaitingCause | null {
  return waitingCause({ ...NOTHING, pods: [readPod({ metadata: { name: "p-1" }, status })] });
}

const REFUSED_PULL =
  'Pod p-1: the image localhost/troupe-e2e/none:1 cannot be pulled (ErrImagePull: failed to pull and unpack image "localhost/troupe-e2e/none:1": ' +
  'failed to resolve reference "localhost/troupe-e2e/none:1": failed to do request: Head "http://localhost/v2/troupe-e2e/none/manifests/1": ' +
  "dial tcp 127.0.0.1:80: connect: connection refused). Check its name and tag, and that the nodes may pull it (imagePullSecrets).";

for (const [when, status] of Object.entries(NOT_PULLED))
  test(`an image, as a kubelet says it (${when}): the same words all the time`, (t) => {
    t.deepEqual(causeOf(status), { reason: "ImageNotPulled", message: REFUSED_PULL });
  });

for (const [when, status] of Object.entries(OUT_OF_MEMORY))
  test(`the kernel, as a kubelet says it (${when})`, (t) => {
    const cause = causeOf(status);
    t.is(cause?.reason, "OutOfMemory");
    const restarts = when === "ended" ? 0 : 1;
    t.regex(cause?.message ?? "", new RegExp(`^Replica p-1 ran out of memory: .* ${restarts} restarts so far`));
  });

test("however long its name is, an image that is not pulled has the same words all the time", (t) => {
  const image = `example.test/${"a/".repeat(100)}b:1`;
  const failure = `failed to pull and unpack image "${image}": failed to resolve reference "${image}": not found`;
  const attempt = waiting("ErrImagePull", failure);
  const backOff = waiting("ImagePullBackOff", `Back-off pulling image "${image}": ErrImagePull: ${failure}`);
  const [first, second] = [attempt, backOff].map((each) => waitingCause({ ...NOTHING, pods: [each] })?.message);
  t.is(first, second);
  t.regex(first ?? "", /not found\)/);
});

test("a container that the kernel ended is over it when it has run for ten minutes since", (t) => {
  const pods = [readPod({ metadata: { name: "p-1" }, status: OUT_OF_MEMORY.again })];
  const nowMs = Date.parse("2026-11-27T21:46:41Z");
  t.is(waitingCause({ ...NOTHING, pods, nowMs: nowMs - 1 })?.reason, "OutOfMemory");
  t.is(waitingCause({ ...NOTHING, pods, nowMs }), null);
});

test("an image, as older kubelets say it while they wait", (t) => {
  const message = 'Back-off pulling image "example.test/a:1"';
  t.regex(
    waitingCause({ ...NOTHING, pods: [waiting("ImagePullBackOff", message)] })?.message ?? "",
    /cannot be pulled \(ImagePullBackOff: Back-off pulling image "example\.test\/a:1"\)/,
  );
});

test("what somebody has to do something about comes first, whatever the order of the pods", (t) => {
  const pods = [unschedulable("no room"), ended("Error", "boom"), waiting("ErrImagePull")];
  const order: (string | undefined)[] = [];
  for (let left = pods; left.length > 0; left = left.slice(0, -1))
    order.push(waitingCause({ ...NOTHING, pods: left })?.reason);
  t.deepEqual(order, ["ImageNotPulled", "Crashing", "Unschedulable"]);
});

test("of a long message the end is kept, on one line", (t) => {
  const text = waitingCause({ ...NOTHING, pods: [ended("Error", `${"x\n".repeat(500)}the end`)] })?.message ?? "";
  t.regex(text, /: …(x )+the end$/);
  t.true(text.length < 500);
});
