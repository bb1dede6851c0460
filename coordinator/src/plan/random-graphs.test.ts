/**
 * The plan against another simulation, which knows nothing of the coordinator: written from the rules alone, over the declared names, and
 * as plainly as can be. A seed that fails is printed; `PLAN_SEED=<seed>` runs it by itself.
 */
import test from "ava";
import { API_VERSION, compileRevision, type ModuleSpec, type PipelineManifest } from "@troupe/model";
import { planPipeline, type PlannedSpan } from "./plan.ts";

const GRAPHS = 1_000;

interface Case {
  readonly manifest: PipelineManifest;
  readonly jobs: number;
  /** Seconds by module; one number per job, in turn. */
  readonly seconds: ReadonlyMap<string, readonly number[]>;
}

interface Times {
  readonly readyAt: number;
  readonly startedAt: number;
  readonly endedAt: number;
}

// ---------------------------------------------------------------------------------------------- the independent simulation

interface Block {
  readonly job: number;
  readonly group: string;
  readonly modules: readonly string[];
  readyAt: number;
  at: number;
}

interface Running {
  readonly block: Block;
  readonly startedAt: number;
  readonly endsAt: number;
}

class Scheduler {
  readonly times = new Map<string, Times>();
  readonly #case: Case;
  readonly #modules: readonly ModuleSpec[];
  readonly #groups: readonly string[];
  readonly #free = new Map<string, number>();
  readonly #queues = new Map<string, Block[]>();
  readonly #done = new Set<string>();
  readonly #readied = new Set<string>();
  /** In the order in which they started. */
  #running: Running[] = [];
  #now = 0;
  #next = 0;
  #open = 0;

  constructor(given: Case) {
    const { modules, groups = [] } = given.manifest.spec;
    this.#case = given;
    this.#modules = modules.filter(({ name }) => !isAfterAggregate(modules, name));
    this.#groups = [...new Set(modules.map(({ group }) => group))];
    for (const name of this.#groups) {
      const { replicas = 1, concurrency = 1 } = groups.find((group) => group.name === name) ?? {};
      this.#free.set(name, replicas * concurrency);
      this.#queues.set(name, []);
    }
  }

  run(): Map<string, Times> {
    this.#submit();
    while (this.#running.length > 0) {
      const earliest = Math.min(...this.#running.map(({ endsAt }) => endsAt));
      const ending = this.#running.find(({ endsAt }) => endsAt === earliest)!;
      this.#running = this.#running.filter((running) => running !== ending);
      this.#now = earliest;
      this.#end(ending);
    }
    return this.times;
  }

  #submit(): void {
    const { jobs, manifest } = this.#case;
    while (this.#next < jobs && this.#open < (manifest.spec.jobs?.maxInFlight ?? Infinity)) {
      this.#open++;
      this.#ready(this.#next++);
    }
  }

  /** Queues all blocks of the job whose start condition is met, then lets their groups take what they can. */
  #ready(job: number): void {
    const readied = this.#groups.filter((group) => {
      const members = this.#modules.filter((module) => module.group === group);
      const names = new Set(members.map(({ name }) => name));
      const needs = members.flatMap(({ dependsOn = [] }) => dependsOn).filter((parent) => !names.has(parent));
      if (members.length === 0 || this.#readied.has(`${job}/${group}`)) return false;
      if (!needs.every((parent) => this.#done.has(`${job}/${parent}`))) return false;
      this.#readied.add(`${job}/${group}`);
      this.#queues.get(group)!.push({ job, group, modules: inOrder(members), readyAt: this.#now, at: 0 });
      return true;
    });
    for (const group of readied) this.#take(group);
  }

  #take(group: string): void {
    const queue = this.#queues.get(group)!;
    while (this.#free.get(group)! > 0 && queue.length > 0) {
      this.#free.set(group, this.#free.get(group)! - 1);
      this.#start(queue.shift()!);
    }
  }

  #start(block: Block): void {
    const row = this.#case.seconds.get(block.modules[block.at]!)!;
    const us = Math.round(row[block.job % row.length]! * 1e6);
    this.#running.push({ block, startedAt: this.#now, endsAt: this.#now + us });
  }

  #end({ block, startedAt, endsAt }: Running): void {
    const { job, group, modules } = block;
    const module = modules[block.at]!;
    this.times.set(`${job}/${module}`, {
      readyAt: block.readyAt / 1000,
      startedAt: startedAt / 1000,
      endedAt: endsAt / 1000,
    });
    block.at++;
    block.readyAt = endsAt;
    if (block.at < modules.length) this.#start(block);
    else {
      this.#free.set(group, this.#free.get(group)! + 1);
      this.#take(group);
    }
    this.#done.add(`${job}/${module}`);
    this.#ready(job);
    if (!this.#modules.every(({ name }) => this.#done.has(`${job}/${name}`))) return;
    this.#open--;
    this.#submit();
  }
}

/** Parents inside the group first; of those that could be next the one declared first. */
function inOrder(members: readonly ModuleSpec[]): string[] {
  const order: string[] = [];
  const inside = new Set(members.map(({ name }) => name));
  while (order.length < members.length) {
    const isFree = ({ name, dependsOn = [] }: ModuleSpec): boolean =>
      !order.includes(name) && dependsOn.every((parent) => !inside.has(parent) || order.includes(parent));
    order.push(members.find(isFree)!.name);
  }
  return order;
}

function isAfterAggregate(modules: readonly ModuleSpec[], name: string): boolean {
  const parents = modules.filter((module) =>
    modules.find((each) => each.name === name)?.dependsOn?.includes(module.name),
  );
  return parents.some((parent) => parent.aggregate === true || isAfterAggregate(modules, parent.name));
}

// ------------------------------------------------------------------------------------------------------------ random cases

type Random = () => number;

function randomOf(seed: number): Random {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function between(random: Random, least: number, most: number): number {
  return least + Math.floor(random() * (most - least + 1));
}

function shuffled<T>(random: Random, items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}

/** Many cases have whole or equal durations on purpose: there ties are the rule. */
const DURATIONS: readonly ((random: Random) => number)[] = [
  () => 1,
  (random) => between(random, 1, 3),
  (random) => between(random, 0, 2),
  (random) => random() * 5,
  (random) => (random() < 0.5 ? 0 : random() / 100),
  (random) => between(random, 1, 12) / 1000,
];

function randomCase(seed: number): Case {
  const random = randomOf(seed);
  const groupCount = between(random, 1, 8);
  const moduleCount = between(random, groupCount, groupCount + 8);
  const modules = aggregated(random, shuffled(random, randomModules(random, moduleCount, groupCount)));
  const jobs = between(random, 1, 40);
  const duration = DURATIONS[between(random, 0, DURATIONS.length - 1)]!;
  const isPerJob = random() < 0.4;
  const seconds = new Map(
    modules.map(({ name }) => [
      name,
      Array.from({ length: isPerJob ? between(random, 1, jobs) : 1 }, () => duration(random)),
    ]),
  );
  const manifest: PipelineManifest = {
    apiVersion: API_VERSION,
    kind: "Pipeline",
    metadata: { name: `seed-${seed}` },
    spec: {
      modules: modules.map((module) => estimated(random, module, seconds)),
      groups: Array.from({ length: groupCount }, (_, index) => ({
        name: `g${index}`,
        replicas: modules.some(({ group, aggregate }) => group === `g${index}` && aggregate === true)
          ? 1
          : between(random, 1, 4),
        concurrency: random() < 0.7 ? 1 : between(random, 2, 3),
      })),
      jobs: { maxAttempts: random() < 0.2 ? 1 : 3, maxInFlight: random() < 0.2 ? between(random, 1, 6) : 1000 },
    },
  };
  return { manifest, jobs, seconds };
}

/** Edges go from earlier to later modules, and between groups from lower to higher ones only, so that groups form no cycle either. */
function randomModules(random: Random, count: number, groupCount: number): ModuleSpec[] {
  const groups = Array.from({ length: count }, (_, index) =>
    index < groupCount ? index : between(random, 0, groupCount - 1),
  );
  const density = random();
  return shuffled(random, groups).map((group, index, all) => ({
    name: `m${index}`,
    type: "t",
    group: `g${group}`,
    expose: random() < 0.1,
    dependsOn: all
      .flatMap((other, earlier) => (earlier < index && other <= group && random() < density ? [`m${earlier}`] : []))
      .slice(0, 16),
  }));
}

/** Sometimes makes one module an aggregate, if nothing that follows it has a parent that does not. */
function aggregated(random: Random, modules: readonly ModuleSpec[]): readonly ModuleSpec[] {
  if (random() < 0.7) return modules;
  const { name: chosen } = modules[between(random, 0, modules.length - 1)]!;
  const marked = modules.map((module) => (module.name === chosen ? { ...module, aggregate: true } : module));
  const isBehind = (name: string): boolean => name === chosen || isAfterAggregate(marked, name);
  const isMixed = marked.some(
    ({ name, dependsOn = [] }) => name !== chosen && isBehind(name) && !dependsOn.every(isBehind),
  );
  return isMixed ? modules : marked;
}

function estimated(random: Random, module: ModuleSpec, seconds: Case["seconds"]): ModuleSpec {
  const row = seconds.get(module.name)!;
  return row.length === 1 && random() < 0.5 ? { ...module, estimateSeconds: row[0]! } : module;
}

// -------------------------------------------------------------------------------------------------------------- comparison

function timesOf(spans: readonly PlannedSpan[]): Map<string, Times> {
  return new Map(
    spans.map(({ job, module, readyAt, startedAt, endedAt }) => [`${job}/${module}`, { readyAt, startedAt, endedAt }]),
  );
}

/** The most blocks that any replica of the group works on at a time. */
function mostAtOnce(spans: readonly PlannedSpan[], replica: string): number {
  const blocks = Map.groupBy(
    spans.filter((span) => span.replica === replica),
    ({ job }) => job,
  );
  const changes = [...blocks.values()].flatMap((modules) => [
    { at: Math.min(...modules.map(({ startedAt }) => startedAt)), by: 1 },
    { at: Math.max(...modules.map(({ endedAt }) => endedAt)), by: -1 },
  ]);
  let [now, most] = [0, 0];
  for (const { by } of changes.sort((a, b) => a.at - b.at || a.by - b.by)) most = Math.max(most, (now += by));
  return most;
}

const only = process.env["PLAN_SEED"];
const seeds = only === undefined ? Array.from({ length: GRAPHS }, (_, index) => index + 1) : [Number(only)];

test(`${seeds.length} random graphs are planned as an independent simulation runs them`, (t) => {
  let spanCount = 0;
  for (const seed of seeds) {
    const given = randomCase(seed);
    const durations = new Map([...given.seconds].map(([name, row]) => [name, row.length === 1 ? row[0]! : row]));
    const plan = planPipeline(compileRevision(given.manifest, { namespace: "default" }), {
      jobs: given.jobs,
      durations,
    });
    const expected = new Scheduler(given).run();
    const actual = timesOf(plan.spans);
    spanCount += actual.size;
    const differing = [...new Set([...expected.keys(), ...actual.keys()])].filter(
      (key) => JSON.stringify(expected.get(key)) !== JSON.stringify(actual.get(key)),
    );
    t.deepEqual(differing, [], `seed ${seed}: these spans differ`);
    t.is(
      Math.round(plan.makespanSeconds * 1e6),
      Math.round(Math.max(0, ...[...expected.values()].map(({ endedAt }) => endedAt)) * 1000),
      `seed ${seed}`,
    );
    for (const replica of new Set(plan.spans.map((span) => span.replica))) {
      const group = given.manifest.spec.groups?.find(({ name }) => replica.startsWith(`${name}-`));
      t.true(
        mostAtOnce(plan.spans, replica) <= group!.concurrency!,
        `seed ${seed}: replica ${replica} works on too much at once`,
      );
    }
  }
  t.log(`${seeds.length} graphs, ${spanCount} module runs`);
  t.true(spanCount > 0);
});

test("advice is what another plan with one more replica says, and nothing that helps is left out", (t) => {
  for (const seed of seeds.slice(0, 200)) {
    const given = randomCase(seed);
    const revision = compileRevision(given.manifest, { namespace: "default" });
    const options = { jobs: given.jobs, durations: given.seconds };
    const plan = planPipeline(revision, options);
    const expected = revision.groups.flatMap(({ name, replicas, modules }) => {
      if (modules.some((module) => revision.modules[module]?.aggregate)) return [];
      const more = (replicas ?? 1) + 1;
      const { makespanSeconds } = planPipeline(revision, { ...options, replicas: { [name]: more } });
      return makespanSeconds <= plan.makespanSeconds * 0.99 && plan.makespanSeconds > 0
        ? [{ group: name, replicas: more, makespanSeconds }]
        : [];
    });
    const actual = plan.advice.map(({ group, replicas, makespanSeconds }) => ({ group, replicas, makespanSeconds }));
    const byGroup = (a: { group: string }, b: { group: string }): number => a.group.localeCompare(b.group);
    t.deepEqual(actual.toSorted(byGroup), expected.toSorted(byGroup), `seed ${seed}`);
    t.deepEqual(
      plan.advice.map(({ savedSeconds }) => savedSeconds),
      plan.advice.map(({ savedSeconds }) => savedSeconds).sort((a, b) => b - a),
      `seed ${seed}`,
    );
  }
});
