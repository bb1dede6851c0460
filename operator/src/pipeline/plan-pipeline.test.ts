import test from "ava";
import type { PipelineSpec } from "@troupe/model";
import type { PipelineLoad } from "@troupe/protocol";
import type { GroupObject } from "../resources.ts";
import type { PipelineView } from "./pipeline-view.ts";
import { planPipeline, type PipelineAction, type PipelinePlan } from "./plan-pipeline.ts";
import type { StoredRevision } from "./stored-revision.ts";
import { INSTALLATION } from "../installation-fixture.ts";
import { viewOf } from "./view-fixture.ts";

const SPEC: PipelineSpec = {
  source: { image: "example.test/modules:1" },
  modules: [
    { name: "A", type: "example", group: "g1" },
    { name: "B", type: "example", group: "g2", dependsOn: ["A"] },
  ],
};

function plan(spec: PipelineSpec, fields: Partial<PipelineView> = {}): PipelinePlan {
  return planPipeline(viewOf(spec, fields), { installation: INSTALLATION, credentialsSecret: () => null });
}

/** As `apply Group p-g1`. */
function words({ actions }: PipelinePlan): string[] {
  return actions.map((action) => {
    switch (action.kind) {
      case "apply":
        return action.child.kind === "Group"
          ? `apply Group ${action.child.metadata.name}`
          : `apply ${action.child.kind}`;
      case "keep-replicas":
        return `keep ${JSON.stringify(action.child["spec"])}`;
      case "drop-replicas":
        return `drop replicas of ${action.group}`;
      case "copy-source":
        return `copy ${action.configMap} to ${action.copy}`;
      case "delete":
        return `delete ${action.of} ${action.name}`;
    }
  });
}

/** What the API server has once the plan for `spec` was carried out. */
function carriedOut(
  spec: PipelineSpec,
  fields: Partial<PipelineView> = {},
): Pick<PipelineView, "groups" | "revisions"> {
  const { actions } = plan(spec, fields);
  const children = actions.flatMap((action) => (action.kind === "apply" ? [action.child] : []));
  return {
    groups: children.filter(({ kind }) => kind === "Group") as unknown as GroupObject[],
    revisions: [stored(spec, { number: 1 })],
  };
}

function stored(spec: PipelineSpec, { number }: { readonly number: number }): StoredRevision {
  const { current } = plan(spec);
  if (current === null) throw new Error("the spec is refused");
  return { ...current, objectName: `p-${current.revision.id}`, number, createdMs: number };
}

function loadOf(revision: string | null, revisions: Readonly<Record<string, number>> = {}): PipelineView["load"] {
  const jobs = { queued: 0, running: 0, done: 0, failed: 0, cancelled: 0 };
  const load: PipelineLoad = {
    epoch: 1,
    coordinator: "c",
    at: 0,
    since: 0,
    revision,
    suspended: false,
    jobs,
    revisions,
    groups: [],
    full: null,
  };
  return { load, stalled: null, groups: new Map() };
}

function declared(fields: GroupObject["spec"]): GroupObject {
  const metadata = { name: "mine", namespace: "n", uid: "m" };
  return { apiVersion: "troupe.dev/v1alpha1", kind: "Group", metadata, spec: fields };
}

function firstApplied({ actions }: PipelinePlan, kind: string): Extract<PipelineAction, { kind: "apply" }>["child"] {
  for (const action of actions) if (action.kind === "apply" && action.child.kind === kind) return action.child;
  throw new Error(`no ${kind} is applied`);
}

test("a new Pipeline: its revision first, then its Groups", (t) => {
  const made = plan(SPEC);
  t.is(made.acceptance.kind, "accepted");
  t.deepEqual(words(made), ["apply ControllerRevision", "apply Group p-g1", "apply Group p-g2"]);
});

test("what is carried out needs nothing more", (t) => {
  t.deepEqual(words(plan(SPEC, carriedOut(SPEC))), []);
});

test("scaling makes no revision; another parameter does, with the next number", (t) => {
  const there = carriedOut(SPEC);
  t.deepEqual(words(plan({ ...SPEC, groups: [{ name: "g1", replicas: 3 }] }, there)), ["apply Group p-g1"]);
  const changed = plan({ ...SPEC, sharedParameters: { a: 1 } }, there);
  t.deepEqual(words(changed), ["apply ControllerRevision"]);
  t.is(firstApplied(changed, "ControllerRevision")["revision"], 2);
});

test("a spec that comes back gets its revision back, with a new number", (t) => {
  const revisions = [stored({ ...SPEC, sharedParameters: { a: 1 } }, { number: 2 }), stored(SPEC, { number: 1 })];
  const back = plan(SPEC, { ...carriedOut(SPEC), revisions });
  t.is(firstApplied(back, "ControllerRevision")["revision"], 3);
  t.is(back.current?.revision.id, revisions[1]?.revision.id);
});

test("a refused spec changes nothing, and what ran before is current still", (t) => {
  const there = carriedOut(SPEC);
  const refused = plan({ ...SPEC, modules: [{ name: "A", type: "example", group: "g1", dependsOn: ["Z"] }] }, there);
  t.is(refused.acceptance.kind, "refused");
  t.deepEqual(words(refused), []);
  t.is(refused.current?.revision.id, there.revisions[0]?.revision.id);
  t.is(plan({ modules: SPEC.modules }).current, null, "nothing was ever accepted");
});

test("a Group that a user has declared takes the place of the generated one, which goes once nothing runs", (t) => {
  const mine = declared({ pipelineRef: { name: "p" }, group: "g1", replicas: 2 });
  t.deepEqual(words(plan(SPEC, { groups: [mine] })), ["apply ControllerRevision", "apply Group p-g2"]);
  const there = carriedOut(SPEC);
  const groups = [...there.groups, mine];
  t.deepEqual(words(plan(SPEC, { ...there, groups, runningGroups: new Set(["p-g1"]) })), []);
  t.deepEqual(words(plan(SPEC, { ...there, groups })), ["delete Group p-g1"]);
});

test("a group that no module names any more goes once nothing of it runs", (t) => {
  const there = carriedOut(SPEC);
  const less = { ...SPEC, modules: SPEC.modules.slice(0, 1) };
  t.deepEqual(words(plan(less, { ...there, runningGroups: new Set(["p-g2"]) })), ["apply ControllerRevision"]);
  t.deepEqual(words(plan(less, there)), ["apply ControllerRevision", "delete Group p-g2"]);
});

test("a name that another Group has is left to it", (t) => {
  const { metadata, ...other } = declared({ source: { image: "a" } });
  const made = plan(SPEC, { groups: [{ ...other, metadata: { ...metadata, name: "p-g1" } }] });
  t.regex(words(made)[1] ?? "", /^apply Group p-g1-[0-9a-f]{8}$/);
});

test("a number of replicas that is no longer named stays as it is; beside autoscale it goes", (t) => {
  const there = carriedOut({ ...SPEC, groups: [{ name: "g1", replicas: 3 }] });
  t.deepEqual(words(plan(SPEC, there)), ['keep {"replicas":3}', "apply Group p-g1"]);
  const scaled = { ...SPEC, groups: [{ name: "g1", autoscale: { maxReplicas: 5 } }] };
  t.deepEqual(words(plan(scaled, there)), ["drop replicas of p-g1", "apply Group p-g1"]);
});

test("modules of a ConfigMap are copied before the revision names the copy; copies that nothing uses go", (t) => {
  const spec = { ...SPEC, source: { configMap: "m" } };
  const source = { contentHash: "12345678" };
  t.deepEqual(words(plan(spec, { source })).slice(0, 2), ["copy m to p-source-12345678", "apply ControllerRevision"]);
  const sourceCopies = ["p-source-12345678", "p-source-old"];
  const again = words(plan(spec, { source, sourceCopies }));
  t.false(again.some((word) => word.startsWith("copy")));
  t.is(again.at(-1), "delete ConfigMap p-source-old");
});

const SPECS = [1, 2, 3, 4, 5, 6].map((a) => ({ ...SPEC, sharedParameters: { a } }));
const newest = SPECS.map((spec, index) => stored(spec, { number: index + 1 })).reverse();
const [current, ...old] = newest.map(({ revision }) => revision.id);

const KEPT: readonly (readonly [string, PipelineView["load"], number])[] = [
  ["nobody knows how many jobs are pinned", loadOf(null), 6],
  ["the owner has yet to take the new revision over", loadOf(old[0] ?? null), 6],
  ["no job is pinned", loadOf(current ?? null), 4],
  ["a job is pinned to the oldest", loadOf(current ?? null, { [old.at(-1) ?? ""]: 1 }), 5],
];

for (const [when, load, count] of KEPT)
  test(`${count} of 6 revisions are kept when ${when}`, (t) => {
    const made = plan(SPECS.at(-1) ?? SPEC, { ...carriedOut(SPEC), revisions: newest, load });
    t.is(made.kept.length, count);
    t.is(made.dropped.length, 6 - count);
    t.is(made.kept[0]?.revision.id, current);
    const deleted = words(made).filter((word) => word.startsWith("delete ControllerRevision"));
    t.deepEqual(
      deleted,
      made.dropped.map((id) => `delete ControllerRevision p-${id}`),
    );
  });

test("suspend is told to coordinators; a retired template that is current again is retired no more", (t) => {
  const live = Object.values(stored(SPEC, { number: 1 }).templates).map(({ hash }) => hash);
  const control = { suspended: false, retired: ["gone", ...live] };
  t.deepEqual(plan({ ...SPEC, suspend: true }, { control }).control, { suspended: true, retired: ["gone"] });
});
