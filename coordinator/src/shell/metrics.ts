/** What a coordinator tells Prometheus: of itself, and of the pipelines that it owns. */
import type { MetricFamily, Sample, Scope } from "@troupe/protocol";
import type { OwnerFigures } from "./live-owner.ts";
import type { GroupCoordinator } from "./group-coordinator.ts";
import type { PipelineCoordinator } from "./pipeline-coordinator.ts";

export type Part = Pick<PipelineCoordinator, "scope" | "phase" | "figures">;
export type GroupPart = Pick<GroupCoordinator, "scope" | "phase" | "figures">;

interface Owned {
  readonly labels: Readonly<Record<string, string>>;
  readonly figures: OwnerFigures;
}

export function coordinatorMetrics(parts: readonly Part[], groups: readonly GroupPart[] = []): MetricFamily[] {
  const owned = parts.flatMap(({ scope, figures }): Owned[] =>
    figures === undefined ? [] : [{ labels: labelsOf(scope), figures }],
  );
  return [
    family("troupe_coordinator_pipelines", "Pipelines that this coordinator takes part in.", "gauge", phases(parts)),
    family("troupe_coordinator_groups", "Free-standing Groups that it takes part in.", "gauge", phases(groups)),
    ...registryFamilies(groups),
    ...jobFamilies(owned),
    payloadFamily(owned),
    ...groupFamilies(owned),
    ...journalFamilies(owned),
  ];
}

function labelsOf({ namespace, pipeline }: Scope): Readonly<Record<string, string>> {
  return { namespace, pipeline };
}

function family(name: string, help: string, type: MetricFamily["type"], samples: readonly Sample[]): MetricFamily {
  return { name, help, type, samples };
}

/** Of the free-standing Groups that it owns. */
function registryFamilies(groups: readonly GroupPart[]): MetricFamily[] {
  const owned = groups.flatMap(({ scope: { namespace, pipeline: group }, figures }) =>
    figures === undefined ? [] : [{ labels: { namespace, group }, figures }],
  );
  const actors = owned.flatMap(({ labels, figures: { queued, running } }) => [
    { labels: { ...labels, state: "queued" }, value: queued },
    { labels: { ...labels, state: "running" }, value: running },
  ]);
  const replicas = owned.map(({ labels, figures }) => ({ labels, value: figures.replicas }));
  return [
    family("troupe_group_actors", "Actors that wait for a replica, and that live on one.", "gauge", actors),
    family("troupe_group_replicas", "Replicas of free-standing Groups that are heard.", "gauge", replicas),
  ];
}

function phases(parts: readonly Pick<Part, "phase">[]): Sample[] {
  const counts = new Map<string, number>([
    ["starting", 0],
    ["standby", 0],
    ["owner", 0],
    ["stalled", 0],
  ]);
  for (const { phase } of parts) counts.set(phase, (counts.get(phase) ?? 0) + 1);
  return [...counts].map(([phase, value]) => ({ labels: { phase }, value }));
}

function jobFamilies(owned: readonly Owned[]): MetricFamily[] {
  const open = owned.flatMap(({ labels, figures: { jobs } }) =>
    (["queued", "running"] as const).map((state) => ({ labels: { ...labels, state }, value: jobs[state] })),
  );
  const ended = owned.flatMap(({ labels, figures: { jobs } }) =>
    (["done", "failed", "cancelled"] as const).map((state) => ({ labels: { ...labels, state }, value: jobs[state] })),
  );
  return [
    family("troupe_jobs", "Open jobs by state.", "gauge", open),
    family("troupe_jobs_ended_total", "Jobs that have ended since the pipeline was made, by state.", "counter", ended),
  ];
}

function groupFamilies(owned: readonly Owned[]): MetricFamily[] {
  const groups = owned.flatMap(({ labels, figures }) =>
    figures.groups.map((load) => ({ labels: { ...labels, group: load.name }, load })),
  );
  const ready = groups.flatMap(({ labels, load }) =>
    Object.entries(load.ready).map(([hash, value]) => ({ labels: { ...labels, template_hash: hash }, value })),
  );
  const of = (pick: "queued" | "running"): Sample[] =>
    groups.map(({ labels, load }) => ({ labels, value: load[pick] }));
  return [
    family("troupe_group_queued", "Blocks that wait for a replica.", "gauge", of("queued")),
    family("troupe_group_running", "Blocks that replicas work on.", "gauge", of("running")),
    family("troupe_group_replicas_ready", "Replicas that take jobs.", "gauge", ready),
  ];
}

/** What admission looks at: beyond 256 MiB new jobs are refused as `TooManyJobs`. */
function payloadFamily(owned: readonly Owned[]): MetricFamily {
  const samples = owned.map(({ labels, figures }) => ({ labels, value: figures.payloadBytes }));
  return family("troupe_payload_bytes", "Payloads in memory, of jobs and of aggregates.", "gauge", samples);
}

function journalFamilies(owned: readonly Owned[]): MetricFamily[] {
  const of = (pick: "frames" | "bytes"): Sample[] =>
    owned.map(({ labels, figures }) => ({ labels, value: figures[pick] }));
  const seconds = owned.flatMap(({ labels, figures }) => figures.appendSeconds.samples(labels));
  return [
    family("troupe_journal_frames_total", "Frames appended by this owner.", "counter", of("frames")),
    family("troupe_journal_bytes_total", "Bytes appended by this owner.", "counter", of("bytes")),
    family("troupe_journal_append_seconds", "From an append to its acknowledgement.", "histogram", seconds),
  ];
}
