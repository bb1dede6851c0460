/** A random pipeline: 1 to 8 groups of modules in a directed acyclic graph, compiled as any other. */
import {
  compileRevision,
  graphOf,
  type Graph,
  type GroupSpec,
  type ModuleSpec,
  type PipelineManifest,
} from "@troupe/model";
import type { Random } from "./random.ts";

export interface DrawnPipeline {
  /** The first revision. */
  readonly graph: Graph;
  /** All of them, the first included: groups of other templates, and in some of these groups a module more. */
  readonly revisions: readonly Graph[];
  readonly groups: number;
  /** By index of the group. */
  readonly replicas: readonly number[];
  readonly concurrency: readonly number[];
  readonly hasAggregates: boolean;
}

interface Draft {
  readonly name: string;
  readonly group: number;
  readonly parents: readonly number[];
  readonly aggregate: boolean;
  /** An aggregate, or downstream of one. */
  readonly late: boolean;
}

export function drawPipeline(random: Random): DrawnPipeline {
  const groups = random.chance(0.65) ? random.int(4, 8) : random.int(1, 3);
  const drafts = drawModules(random, groups);
  const aggregating = new Set(drafts.flatMap(({ aggregate, group }) => (aggregate ? [group] : [])));
  const replicas = Array.from({ length: groups }, (_, group) => (aggregating.has(group) ? 1 : random.int(1, 4)));
  const concurrency = replicas.map(() => random.int(1, 3));
  const modules = drafts.map((draft, index) => specOf(draft, index, drafts, random));
  const manifest: PipelineManifest = {
    apiVersion: "troupe.dev/v1alpha1",
    kind: "Pipeline",
    metadata: { name: "simulated" },
    spec: {
      modules,
      groups: replicas.map((count, group) => groupSpec(group, count, concurrency[group] ?? 1, random)),
      jobs: drawJobs(random),
    },
  };
  const extras = new Map<string, ModuleSpec | null>();
  const [graph, ...later] = drawTemplates(random, groups).map((templateHashes) => {
    const added = Object.values(templateHashes).flatMap((hash) => extraOf(hash, extras, drafts, random) ?? []);
    const spec = { ...manifest.spec, modules: [...modules, ...added] };
    return graphOf(compileRevision({ ...manifest, spec }, { namespace: "local", templateHashes }));
  });
  if (graph === undefined) throw new RangeError("a pipeline has a revision");
  return {
    graph,
    revisions: [graph, ...later],
    groups,
    replicas,
    concurrency,
    hasAggregates: aggregating.size > 0,
  };
}

/** Template hashes by group, of each revision. A hash is of one group alone, as the operator's are, which cover its name. */
function drawTemplates(random: Random, groups: number): Record<string, string>[] {
  const first = Object.fromEntries(Array.from({ length: groups }, (_, group) => [`g${group}`, `g${group}.1`]));
  const [changed, another] = [`g${random.int(0, groups - 1)}`, `g${random.int(0, groups - 1)}`];
  const second = { ...first, [changed]: `${changed}.2` };
  return [first, second, { ...(random.chance(0.5) ? first : second), [another]: `${another}.3` }];
}

function drawModules(random: Random, groups: number): Draft[] {
  const withAggregates = random.chance(0.3);
  const drafts: Draft[] = [];
  for (let group = 0; group < groups; group++) {
    for (let count = random.int(1, 3); count > 0; count--)
      drafts.push(drawModule(random, drafts, group, withAggregates));
  }
  return drafts;
}

/** Depends on some of those before it: all of them regular, or all of them late. */
function drawModule(random: Random, before: readonly Draft[], group: number, withAggregates: boolean): Draft {
  const name = `m${before.length}`;
  const late = withAggregates && before.some((draft) => draft.late) && random.chance(0.5);
  const candidates = before.flatMap((draft, index) => (draft.late === late ? [index] : []));
  const parents = new Set<number>();
  for (let count = candidates.length === 0 ? 0 : random.int(1, 3); count > 0; count--) {
    // Near ones are likelier, so that graphs are deep as well as wide.
    parents.add(random.chance(0.5) ? random.pick(candidates.slice(-3)) : random.pick(candidates));
  }
  const aggregate = withAggregates && !late && parents.size > 0 && random.chance(0.4);
  return { name, group, parents: [...parents].sort((a, b) => a - b), aggregate, late: late || aggregate };
}

/** What a group of another template than the first one has more, if anything: the same wherever that template is. */
function extraOf(
  hash: string,
  drawn: Map<string, ModuleSpec | null>,
  drafts: readonly Draft[],
  random: Random,
): ModuleSpec | null {
  if (hash.endsWith(".1")) return null;
  const known = drawn.get(hash);
  if (known !== undefined) return known;
  const group = hash.slice(0, hash.indexOf("."));
  const parents = drafts.filter((draft) => !draft.late && draft.group <= Number(group.slice(1)));
  const extra =
    random.chance(0.3) || parents.length === 0
      ? null
      : {
          name: `x${hash.replace(".", "x")}`,
          type: "simulated",
          group,
          dependsOn: [random.pick(parents).name],
          ...(random.chance(0.5) ? { expose: true } : {}),
        };
  drawn.set(hash, extra);
  return extra;
}

function specOf(draft: Draft, index: number, drafts: readonly Draft[], random: Random): ModuleSpec {
  return {
    name: draft.name,
    type: "simulated",
    group: `g${draft.group}`,
    dependsOn: draft.parents.map((parent) => drafts[parent]?.name ?? ""),
    ...(index === drafts.length - 1 || random.chance(0.2) ? { expose: true } : {}),
    ...(draft.aggregate ? { aggregate: true } : {}),
    ...(random.chance(0.2) ? { timeoutSeconds: random.int(1, 3) } : {}),
  };
}

function groupSpec(group: number, replicas: number, concurrency: number, random: Random): GroupSpec {
  return {
    name: `g${group}`,
    replicas,
    concurrency,
    ...(random.chance(0.2) ? { timeoutSeconds: random.int(2, 5) } : {}),
  };
}

function drawJobs(random: Random): Record<string, unknown> {
  return {
    maxAttempts: random.int(1, 4),
    backoff: { initialSeconds: random.pick([0.02, 0.1, 0.5]), maxSeconds: 1 },
    maxInFlight: random.chance(0.15) ? random.int(5, 40) : 1_000,
    ...(random.chance(0.25) ? { timeoutSeconds: random.int(5, 20) } : {}),
    ...(random.chance(0.15) ? { queueTimeoutSeconds: random.int(4, 60) / 10 } : {}),
    keepResultsSeconds: random.chance(0.15) ? random.int(3, 8) : 86_400,
  };
}
