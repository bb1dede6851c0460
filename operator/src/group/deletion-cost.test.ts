import test from "ava";
import type { GroupReport, ReplicaReport } from "@troupe/protocol";
import { deletionCosts } from "./deletion-cost.ts";
import type { ObservedDeployment } from "./observed-deployment.ts";
import { observedDeployment, observedPod } from "./observed-fixture.ts";
import type { ObservedPod } from "./observed-pod.ts";

function pod(name: string, fields: Partial<ObservedPod> = {}): ObservedPod {
  return observedPod({ name, ...fields });
}

function deployment(templateHash: string, replicas: number): ObservedDeployment {
  return observedDeployment(templateHash, { replicas, existing: replicas, ready: replicas });
}

function report(busy: Readonly<Record<string, number>>): GroupReport {
  const replicas = Object.entries(busy).map(([name, count]): ReplicaReport => ({
    name,
    state: "ready",
    templateHash: "new",
    busy: count,
    permits: 4,
    problem: null,
  }));
  return { group: "g", epoch: 1, replicas, recent: [] };
}

const THREE = [pod("a"), pod("b"), pod("c")];

const CASES: readonly {
  readonly rule: string;
  readonly pods: readonly ObservedPod[];
  readonly busy: Readonly<Record<string, number>> | null;
  readonly now: Readonly<Record<string, number>>;
  readonly next: Readonly<Record<string, number>>;
  readonly costs: Readonly<Record<string, number>>;
}[] = [
  {
    rule: "when replicas go, one that works costs what it works on",
    pods: THREE,
    busy: { a: 0, b: 2, c: 1 },
    now: { new: 3 },
    next: { new: 1 },
    costs: { b: 2, c: 1 },
  },
  {
    rule: "when none goes, nothing is written",
    pods: THREE,
    busy: { b: 2 },
    now: { new: 3 },
    next: { new: 3 },
    costs: {},
  },
  { rule: "nor when some come", pods: THREE, busy: { b: 2 }, now: { new: 3 }, next: { new: 4 }, costs: {} },
  { rule: "nor when all go", pods: THREE, busy: { b: 2 }, now: { new: 3 }, next: { new: 0 }, costs: {} },
  { rule: "nor while nobody says who works", pods: THREE, busy: null, now: { new: 3 }, next: { new: 1 }, costs: {} },
  {
    rule: "one that works no more is made cheap again",
    pods: [pod("a", { deletionCost: "3" }), pod("b", { deletionCost: "2" })],
    busy: { a: 0, b: 2 },
    now: { new: 2 },
    next: { new: 1 },
    costs: { a: 0 },
  },
  {
    rule: "one of which nothing is said works on nothing",
    pods: [pod("a", { deletionCost: "3" }), pod("b")],
    busy: {},
    now: { new: 2 },
    next: { new: 1 },
    costs: { a: 0 },
  },
  {
    rule: "one that is going is left alone",
    pods: [pod("a", { isGoing: true }), pod("b")],
    busy: { a: 1, b: 1 },
    now: { new: 2 },
    next: { new: 1 },
    costs: { b: 1 },
  },
  {
    rule: "of two templates, that of which replicas go",
    pods: [pod("a"), pod("o", { templateHash: "old" }), pod("p", { templateHash: "old" })],
    busy: { a: 1, o: 1, p: 0 },
    now: { new: 1, old: 2 },
    next: { new: 2, old: 1 },
    costs: { o: 1 },
  },
  {
    rule: "a cost has a limit",
    pods: [pod("a"), pod("b")],
    busy: { a: 5_000 },
    now: { new: 2 },
    next: { new: 1 },
    costs: { a: 1_000 },
  },
];

for (const { rule, pods, busy, now, next, costs } of CASES)
  test(rule, (t) => {
    const deployments = Object.entries(now).map(([hash, replicas]) => deployment(hash, replicas));
    const load = { load: null, report: busy === null ? null : report(busy), pinned: () => 0 };
    const actions = deletionCosts({ deployments, pods, load }, { replicas: new Map(Object.entries(next)) });
    const expected = Object.entries(costs).map(([name, cost]) => ({ kind: "cost" as const, pod: name, cost }));
    t.deepEqual(actions, expected);
  });
