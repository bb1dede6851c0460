/**
 * The durable state as bytes, in parts of bounded size, and back. The index of recorded jobs is not in it: it is read from the pages that the
 * snapshot names, so that a snapshot's size follows the open jobs alone.
 */
import {
  Fields,
  PayloadWriter,
  openEnvelope,
  isInline,
  type Payload,
  type PayloadReader,
  type PreparedEnvelope,
} from "@troupe/protocol";
import type { Graph } from "@troupe/model";
import { read } from "./frame-codec.ts";
import type { Job } from "./job.ts";
import { restoreJob, storeJob } from "./job-codec.ts";
import { keepItem } from "./aggregates.ts";
import type { PageIndex } from "./record.ts";
import { addPage, addRevision, emptyState, findRoute, type JournalState, type PageEntry } from "./state.ts";
import { inlineBytes } from "./bytes.ts";

/** What a snapshot says beside jobs and items. */
interface Head {
  readonly type: "head";
  readonly epoch: number;
  readonly position: number;
  readonly totals: JournalState["totals"];
  readonly snapshot: JournalState["snapshot"];
  readonly pages: readonly PageRange[];
}

/** Pages that records are on, both ends included. Pages between the ranges were written, but never journalled: they do not count. */
export interface PageRange {
  readonly first: number;
  readonly last: number;
}

/**
 * The state as it is now. Its payloads are not copied before a part is sealed: a snapshot would take as much memory as all open jobs (E10).
 * @param maxBytes about the size of a part. @returns at least one part.
 */
export function encodeSnapshot(state: JournalState, maxBytes: number): PreparedEnvelope[] {
  const parts: PreparedEnvelope[] = [];
  let writer = new PayloadWriter();
  let entries: unknown[] = [];
  let bytes = 0;
  const put: Put = (size, entry) => {
    if (entries.length > 0 && bytes + size > maxBytes) {
      parts.push(writer.prepare(entries));
      [writer, entries, bytes] = [new PayloadWriter(), [], 0];
    }
    entries.push(entry(writer));
    bytes += size;
  };
  put(400, () => headOf(state));
  for (const { graph } of state.revisions.values())
    put(600 * graph.modules.length, () => ({ type: "revision", graph }));
  for (const job of state.jobs.values()) putJob(job, maxBytes, put);
  for (const [aggregate, items] of state.aggregates) {
    for (const { job, payload, claimedBy } of items) {
      put(200 + sizeOf(payload), (to) => ({ type: "item", aggregate, job, claimedBy, payload: to.add(payload) }));
    }
  }
  parts.push(writer.prepare(entries));
  return parts;
}

type Put = (size: number, entry: (writer: PayloadWriter) => unknown) => void;

/** A job that is larger than a part is followed by its results, each an entry of its own. */
function putJob(job: Job, maxBytes: number, put: Put): void {
  const bare = 600 + 120 * job.spans.length + sizeOf(job.input);
  const size = job.outputs.reduce((sum, output) => sum + sizeOf(output), bare);
  if (size <= maxBytes) {
    put(size, (to) => ({ type: "job", job: storeJob(job, to, "whole") }));
    return;
  }
  put(bare, (to) => ({ type: "job", job: storeJob({ ...job, outputs: [] }, to, "whole") }));
  job.outputs.forEach((output, module) => {
    if (output === undefined) return;
    put(200 + sizeOf(output), (to) => ({ type: "output", job: job.id, module, output: to.add(output) }));
  });
}

function sizeOf(payload: Payload | undefined): number {
  if (payload === undefined) return 0;
  return isInline(payload) ? payload.bytes.byteLength : 250;
}

function headOf({ epoch, position, totals, snapshot, pages }: JournalState): Head {
  return {
    type: "head",
    epoch,
    position,
    totals,
    snapshot,
    pages: rangesOf(pages),
  };
}

function rangesOf(pages: readonly PageEntry[]): PageRange[] {
  const ranges: PageRange[] = [];
  for (const { page } of pages) {
    const last = ranges.at(-1);
    if (last?.last === page - 1) ranges[ranges.length - 1] = { first: last.first, last: page };
    else ranges.push({ first: page, last: page });
  }
  return ranges;
}

/** Puts a page that the snapshot names into the index; in the order of the pages. A job that was retried since is not found there any more. */
export function restorePage(state: JournalState, page: number, { jobs, stored, at }: PageIndex): void {
  addPage(state, { page, jobs: jobs.filter((id) => !state.jobs.has(id)), stored, at });
}

export interface DecodedSnapshot {
  readonly state: JournalState;
  /** The pages whose index has still to be read, for {@link restorePage}. */
  readonly pages: readonly PageRange[];
}

/** @throws when a part is damaged or missing. */
export function decodeSnapshot(parts: readonly Uint8Array[]): DecodedSnapshot {
  const state = emptyState();
  let head: Head | undefined;
  for (const part of parts) {
    const { messages, payloads } = openEnvelope(part);
    if (!Array.isArray(messages)) throw new Error("a part of the snapshot holds no entries");
    for (const raw of messages) head = restoreEntry(state, raw, payloads) ?? head;
  }
  if (head === undefined) throw new Error("the snapshot has no head");
  state.epoch = head.epoch;
  state.position = head.position;
  state.snapshot = head.snapshot;
  Object.assign(state.totals, head.totals);
  return { state, pages: head.pages };
}

function restoreEntry(state: JournalState, raw: unknown, payloads: PayloadReader): Head | undefined {
  const fields = new Fields(raw, "entry");
  switch (fields.string("type")) {
    case "head":
      return fields.as<Head>();
    case "revision":
      addRevision(state, fields.object("graph").as<Graph>());
      return undefined;
    case "job":
      restoreIntoState(state, fields.get("job"), payloads);
      return undefined;
    case "output":
      restoreOutput(state, fields, payloads);
      return undefined;
    case "item":
      restoreItem(state, fields, payloads);
      return undefined;
    default:
      throw new Error(`unknown entry ${fields.string("type")}`);
  }
}

function restoreIntoState(state: JournalState, raw: unknown, payloads: PayloadReader): void {
  const job = restoreJob(raw, payloads, (revision, phase) => findRoute(state, revision, phase));
  state.jobs.set(job.id, job);
  state.inlineBytes += inlineBytes(job.input);
  for (const output of job.outputs) if (output !== undefined) state.inlineBytes += inlineBytes(output);
  if (job.end === undefined) state.openJobs++;
  else state.ended.add(job.id);
}

function restoreOutput(state: JournalState, fields: Fields, payloads: PayloadReader): void {
  const job = state.jobs.get(fields.string("job"));
  if (job === undefined) throw new Error(`a result of job ${fields.string("job")} stands before the job`);
  const output = read(fields.get("output"), payloads);
  job.outputs[fields.number("module")] = output;
  state.inlineBytes += inlineBytes(output);
}

function restoreItem(state: JournalState, fields: Fields, payloads: PayloadReader): void {
  const payload = read(fields.get("payload"), payloads);
  const claimedBy = fields.get("claimedBy");
  const aggregate = fields.string("aggregate");
  keepItem(state, aggregate, {
    job: fields.string("job"),
    payload,
    claimedBy: typeof claimedBy === "string" ? claimedBy : null,
  });
}
