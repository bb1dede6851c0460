/**
 * Statuses of pods as a kubelet 1.34 wrote them on a node (containerd 1.6, one-node cluster of hack/cluster), for the tests of what is made of
 * them. `test/e2e/steps/causes.ts` has such pods on every run.
 */

const IMAGE = "localhost/troupe-e2e/none:1";
const PULL =
  `failed to pull and unpack image "${IMAGE}": failed to resolve reference "${IMAGE}": failed to do request: ` +
  'Head "http://localhost/v2/troupe-e2e/none/manifests/1": dial tcp 127.0.0.1:80: connect: connection refused';
const BACK_OFF = `Back-off pulling image "${IMAGE}": ErrImagePull: ${PULL}`;

function pulling(reason: string, message: string): object {
  const container = { name: "troupe", image: IMAGE, imageID: "", ready: false, started: false, restartCount: 0 };
  return {
    phase: "Pending",
    conditions: notReady(),
    containerStatuses: [{ ...container, state: { waiting: { reason, message } }, lastState: {} }],
  };
}

/** The two between which it goes back and forth. */
export const NOT_PULLED = {
  attempt: pulling("ErrImagePull", PULL),
  backOff: pulling("ImagePullBackOff", BACK_OFF),
} as const;

const KILLED = {
  terminated: {
    containerID: "containerd://47fd0277024516568c239d13f831876881fc63a86acfa8eb2352d56ce8840440",
    exitCode: 137,
    reason: "OOMKilled",
    startedAt: "2026-11-27T21:36:38Z",
    finishedAt: "2026-11-27T21:36:39Z",
  },
};
const CRASH_LOOP = {
  reason: "CrashLoopBackOff",
  message:
    "back-off 10s restarting failed container=troupe pod=hungry-g-3ed0800d-6778d4754c-fb6cz_team(035b8e67-ade8-4e02-a61e-1b0dfdacf703)",
};

function killed(restartCount: number, state: object, lastState: object): object {
  const container = {
    name: "troupe",
    image: "localhost/troupe/runtime:dev",
    imageID: "sha256:3a26897b1db3d4d27f48997811231c12d44cb1172fbcc6ea6a7867827163405c",
    ready: false,
    started: false,
  };
  return {
    phase: "Running",
    conditions: notReady(),
    containerStatuses: [{ ...container, restartCount, state, lastState }],
  };
}

/** The three through which it goes round. Nothing in a message says so; the reason alone does. */
export const OUT_OF_MEMORY = {
  ended: killed(0, KILLED, {}),
  again: killed(1, { running: { startedAt: "2026-11-27T21:36:41Z" } }, KILLED),
  backOff: killed(1, { waiting: CRASH_LOOP }, KILLED),
} as const;

function notReady(): object[] {
  const reason = "ContainersNotReady";
  const message = "containers with unready status: [troupe]";
  return [
    { type: "PodScheduled", status: "True" },
    { type: "Ready", status: "False", reason, message },
    { type: "ContainersReady", status: "False", reason, message },
  ];
}
