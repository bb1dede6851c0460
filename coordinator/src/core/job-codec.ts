/** A whole job as a snapshot or a record keeps it, and back. */
import {
  Fields,
  isInline,
  type PayloadReader,
  type PayloadWriter,
  type PayloadSlot,
  type Phase,
} from "@troupe/protocol";
import { inlineBytes } from "./bytes.ts";
import { exposedModules } from "./outcome.ts";
import type { Holder, Listener } from "./events.ts";
import { newJob, type Block, type Job, type JobEnd, type KeptSpan } from "./job.ts";
import type { Route } from "./route.ts";
import { read, readOutputs } from "./frame-codec.ts";

interface StoredBlock {
  readonly group: number;
  readonly state: Block["state"];
  readonly position: number;
  readonly readyAt: number;
  readonly notBefore: number;
  readonly charged: number;
  readonly lease?: string;
  readonly holder?: Holder;
}

export interface StoredJob {
  readonly id: string;
  readonly revision: string;
  readonly phase: Phase;
  readonly input: PayloadSlot;
  readonly digest: string;
  readonly submittedAt: number;
  readonly outputs: readonly { readonly module: number; readonly output: PayloadSlot }[];
  readonly blocks?: readonly StoredBlock[];
  readonly spans: readonly KeptSpan[];
  readonly wait?: Listener;
  readonly end?: JobEnd;
}

/**
 * @param which `whole`: all that the fold knows. `record`: what an ended job is kept for: its results, and, if it failed, all that a retry needs.
 */
export function storeJob(job: Job, writer: PayloadWriter, which: "whole" | "record"): StoredJob {
  const isSlim = which === "record" && job.end?.state !== "failed";
  const keep = isSlim ? new Set(keptOutputs(job)) : undefined;
  const outputs = job.outputs.flatMap((output, module) =>
    output === undefined || keep?.has(module) === false ? [] : [{ module, output: writer.add(output) }],
  );
  const blocks = job.blocks.flatMap((block) => (block === undefined ? [] : [storeBlock(block)]));
  return {
    id: job.id,
    revision: job.route.graph.id,
    phase: job.route.phase,
    input: writer.add(isSlim ? { kind: "json", bytes: NOTHING } : job.input),
    digest: job.digest,
    submittedAt: job.submittedAt,
    outputs,
    ...(which === "whole" ? { blocks } : {}),
    spans: job.spans,
    ...(job.wait === undefined || which === "record" ? {} : { wait: job.wait }),
    ...(job.end === undefined ? {} : { end: job.end }),
  };
}

/** The modules whose results the record of a job keeps: the exposed ones, and all if it failed, since a retry needs them. */
export function keptOutputs(job: Job): readonly number[] {
  return job.end?.state === "failed" ? [...job.outputs.keys()] : exposedModules(job);
}

/** About how many bytes a job's record takes. */
export function recordBytes(job: Job): number {
  const outputs = keptOutputs(job).map((module) => job.outputs[module]);
  const payloads = job.end?.state === "failed" ? [job.input, ...outputs] : outputs;
  return payloads.reduce(
    (sum, payload) => sum + (payload === undefined ? 0 : 200 + inlineBytes(payload)),
    400 + 100 * job.spans.length,
  );
}

/** Ids of the stored payloads that a job's record holds. */
export function keptBlobs(job: Job): string[] {
  const outputs = keptOutputs(job).map((module) => job.outputs[module]);
  const kept = job.end?.state === "failed" ? [job.input, ...outputs] : outputs;
  return kept.flatMap((payload) => (payload === undefined || isInline(payload) ? [] : [payload.ref.id]));
}

const NOTHING = new Uint8Array(0);

function storeBlock({ stop, lease, holder, ...block }: Block): StoredBlock {
  const { state, position, readyAt, notBefore, charged } = block;
  return {
    group: stop.group,
    state,
    position,
    readyAt,
    notBefore,
    charged,
    ...(lease === undefined ? {} : { lease }),
    ...(holder === undefined ? {} : { holder }),
  };
}

/** @param route finds the job's route; undefined when its revision is unknown. */
export function restoreJob(
  raw: unknown,
  payloads: PayloadReader,
  route: (revision: string, phase: Phase) => Route | undefined,
): Job {
  const fields = new Fields(raw, "job");
  fields.check({
    id: "string",
    revision: "string",
    phase: "string",
    digest: "string",
    submittedAt: "number",
    outputs: "array",
    spans: "array",
  });
  const stored = fields.as<StoredJob>();
  const found = route(stored.revision, stored.phase);
  if (found === undefined) throw new Error(`job ${stored.id} is of revision ${stored.revision}, which is not there`);
  const { id, digest, submittedAt, wait } = stored;
  const job = newJob({ id, route: found, input: read(fields.get("input"), payloads), digest, submittedAt, wait });
  for (const { module, output } of readOutputs(fields.array("outputs"), payloads)) job.outputs[module] = output;
  job.spans.push(...stored.spans);
  for (const block of stored.blocks ?? []) restoreBlock(job, block);
  job.end = stored.end;
  return job;
}

function restoreBlock(job: Job, { group, ...stored }: StoredBlock): void {
  const block = job.blocks[group];
  if (block === undefined) throw new Error(`job ${job.id} has no block for group ${group}`);
  Object.assign(block, stored);
  if (block.state === "done") job.blocksLeft--;
}
