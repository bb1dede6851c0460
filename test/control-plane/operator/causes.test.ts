import test from "ava";
import { connectBus, writeStall } from "@troupe/protocol";
import { NOT_PULLED, OUT_OF_MEMORY } from "../../../operator/src/group/kubelet-fixture.ts";
import { deployments, events } from "../../../operator/src/kube/index.ts";
import { eventually } from "../../support/eventually.ts";
import { sharedWorld } from "./shared-world.ts";
import { Place, READY } from "./world.ts";

const world = sharedWorld();

const IMAGE = { image: "example.test/modules:1" };
const GPU = {
  source: IMAGE,
  modules: [{ name: "A", type: "example", group: "g" }],
  groups: [{ name: "g", resources: { gpu: 1 } }],
};

const container = (state: object): object => ({
  phase: "Pending",
  containerStatuses: [
    { name: "troupe", image: "example.test/modules:1", imageID: "", ready: false, restartCount: 4, ...state },
  ],
});

const CAUSES = [
  {
    what: "no GPU is left",
    status: {
      conditions: [
        {
          type: "PodScheduled",
          status: "False",
          reason: "Unschedulable",
          message:
            "0/1 nodes are available: 1 Insufficient nvidia.com/gpu. no new claims to deallocate, " +
            "preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.",
        },
      ],
    },
    reason: "InsufficientGpu",
    stalled: "False NotStalled",
    message: /waits for a GPU: no node has nvidia\.com\/gpu left.*Free a GPU/,
  },
  {
    what: "no node has room",
    status: {
      conditions: [
        {
          type: "PodScheduled",
          status: "False",
          reason: "Unschedulable",
          message: "0/1 nodes are available: 1 Insufficient cpu.",
        },
      ],
    },
    reason: "Unschedulable",
    stalled: "False NotStalled",
    message: /waits for a node.*Insufficient cpu/,
  },
  {
    what: "an image cannot be pulled",
    status: NOT_PULLED.backOff,
    reason: "ImageNotPulled",
    stalled: "True ImageNotPulled",
    message: /localhost\/troupe-e2e\/none:1 cannot be pulled \(ErrImagePull: failed to pull and unpack image/,
  },
  {
    what: "a container runs out of memory",
    status: OUT_OF_MEMORY.backOff,
    reason: "OutOfMemory",
    stalled: "True OutOfMemory",
    message: /ran out of memory.*Raise resources\.memory/,
  },
  {
    what: "a container ends again and again",
    status: container({
      state: { waiting: { reason: "CrashLoopBackOff" } },
      lastState: { terminated: { exitCode: 1, reason: "Error", message: "TROUPE_UID is not set.\n" } },
    }),
    reason: "Crashing",
    stalled: "True Crashing",
    message: /ends again and again \(exit code 1, 4 restarts\): TROUPE_UID is not set\./,
  },
  {
    what: "a container cannot be made",
    status: container({
      state: {
        waiting: {
          reason: "CreateContainerConfigError",
          message: "container has runAsNonRoot and image will run as root",
        },
      },
    }),
    reason: "PodsRefused",
    stalled: "True PodsRefused",
    message: /runAsNonRoot and image will run as root/,
  },
];

for (const { what, status, reason, stalled, message } of CAUSES) {
  test(`the Group and its Pipeline say it when ${what}`, async (t) => {
    const place = await Place.in(world);
    await place.applyPipeline("p", GPU);
    await eventually("a pod", async () => (await place.pods()).length === 1);
    await place.setPodStatus((await place.pods())[0]?.metadata.name ?? "", status);
    await place.until("group", "p-g", "Ready", `False ${reason}`);
    await place.until("group", "p-g", "Stalled", stalled);
    t.regex((await place.group("p-g"))?.status?.waiting?.message ?? "", message);
    await place.until("pipeline", "p", "Ready", "False GroupsNotReady");
    t.regex((await place.pipeline("p"))?.status?.message ?? "", /Group g: /);
    await eventually("an event", async () => {
      const { items } = await world.client.list(events, { namespace: place.namespace });
      return items.some((event) => JSON.stringify(event).includes(`"${reason}"`));
    });
    // And that it is over.
    await place.setPodStatus((await place.pods())[0]?.metadata.name ?? "", {
      ...READY,
      containerStatuses: [
        { name: "troupe", image: "i", imageID: "", ready: true, restartCount: 4, state: { running: {} } },
      ],
    });
    await place.until("group", "p-g", "Ready", "True ReplicasReady");
    await place.until("pipeline", "p", "Ready", "False CoordinatorUnavailable");
  });
}

test("pods that a quota refuses", async (t) => {
  const place = await Place.in(world);
  await world.plane.kubectl("create", "quota", "none", "--hard=pods=0", "-n", place.namespace);
  await place.applyPipeline("p", GPU);
  await place.until("group", "p-g", "Ready", "False PodsRefused");
  t.regex((await place.group("p-g"))?.status?.message ?? "", /exceeded quota/);
});

const PLAIN = { source: IMAGE, modules: [{ name: "A", type: "example", group: "g" }] };

const STALLS = [
  ["JournalLost", "JournalLost"],
  ["NoStorage", "NoStorage"],
  ["NotWorking", "CoordinatorFailing"],
  ["WhatALaterVersionSays", "CoordinatorFailing"],
  ["JetStreamOff", "JetStreamDisabled"],
] as const;

test("what keeps coordinators from a pipeline is its condition, in their words", async (t) => {
  const place = await Place.in(world);
  const { metadata } = await place.applyPipeline("p", PLAIN);
  const scope = { namespace: place.namespace, pipeline: "p", uid: metadata.uid };
  await using bus = await connectBus({ url: world.nats.url, name: "test" });
  for (const [says, reason] of STALLS) {
    const message = `${says}: do this.`;
    await eventually(`the Pipeline is stalled by ${reason}`, async () => {
      // Again and again, as a coordinator does: what is old counts no more.
      writeStall(bus, scope, { coordinator: "c-0", reason: says, message, at: Date.now() });
      const conditions = (await place.pipeline("p"))?.status?.conditions ?? [];
      return ["Ready False", "Stalled True"].every((expected) =>
        conditions.some(
          (each) => `${each.type} ${each.status}` === expected && each.message === message && each.reason === reason,
        ),
      );
    });
  }
  await place.until("pipeline", "p", "Stalled", "False NotStalled");
  t.is(await place.condition("pipeline", "p", "Accepted"), "True Valid");
});

test("a roll-out that has not moved within its Deployment's deadline is stuck, until it moves", async (t) => {
  const place = await Place.in(world);
  const apply = async (concurrency: number): Promise<void> => {
    await place.applyPipeline("p", { ...PLAIN, groups: [{ name: "g", concurrency }] });
  };
  await apply(1);
  await place.readyPods("troupe.dev/group=g", 1);
  await place.until("group", "p-g", "Ready", "True ReplicasReady");
  const before = (await place.deployments()).map(({ metadata: { name } }) => name);
  await apply(2);
  await eventually("a new template", async () => (await place.deployments()).length === 2);
  const added = (await place.deployments()).find(({ metadata: { name } }) => !before.includes(name));
  const key = { namespace: place.namespace, name: added?.metadata.name ?? "" };
  // Instead of ten minutes.
  await world.client.patch(deployments, key, { type: "merge", body: { spec: { progressDeadlineSeconds: 1 } } });
  await place.until("group", "p-g", "Stalled", "True RolloutStuck");
  // A pod that is counted late is a move, from which the second begins anew.
  let message = "";
  await eventually("the Pipeline says that one is stuck", async () => {
    const stalled = (await place.pipeline("p"))?.status?.conditions.find(({ type }) => type === "Stalled");
    message = stalled?.message ?? "";
    return stalled?.reason === "RolloutStuck";
  });
  t.regex(message, /^Group g: The roll-out has not moved/);
  await place.readyPods("troupe.dev/group=g", 2);
  await place.until("group", "p-g", "Stalled", "False NotStalled");
  await place.until("pipeline", "p", "Stalled", "False NotStalled");
});

test("a Group says that it shares its NATS credentials where it has none of its own", async (t) => {
  const place = await Place.in(world);
  await place.applyPipeline("p", PLAIN);
  await place.until("group", "p-g", "NatsIsolated", "False SharedCredentials");
  const found = (await place.group("p-g"))?.status?.conditions.find(({ type }) => type === "NatsIsolated");
  t.regex(found?.message ?? "", /All groups share/);
});
