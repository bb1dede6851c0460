/** Compares two folds of the same journal. */
import type { Payload } from "@troupe/protocol";
import type { Block, Job } from "../src/core/job.ts";
import type { JournalState } from "../src/core/state.ts";
import { textOf } from "./tokens.ts";

/** @returns where two folds of the same journal differ, or undefined. */
export function difference(a: JournalState, b: JournalState): string | undefined {
  return differenceOfNumbers(a, b) ?? differenceOfSets(a, b) ?? differenceOfAllJobs(a, b) ?? differenceOfRecords(a, b);
}

function differenceOfNumbers(a: JournalState, b: JournalState): string | undefined {
  for (const field of ["epoch", "position", "openJobs", "inlineBytes", "itemBytes"] as const) {
    if (a[field] !== b[field]) return `${field}: ${a[field]} and ${b[field]}`;
  }
  return JSON.stringify([a.totals, a.snapshot]) === JSON.stringify([b.totals, b.snapshot])
    ? undefined
    : "totals or snapshot";
}

function differenceOfSets(a: JournalState, b: JournalState): string | undefined {
  if (!hasSameKeys(a.revisions, b.revisions)) return "revisions";
  if (!hasSameKeys(a.jobs, b.jobs)) return `jobs: ${[...a.jobs.keys()].join()} and ${[...b.jobs.keys()].join()}`;
  return hasSameKeys(a.ended, b.ended) ? undefined : "ended jobs";
}

function differenceOfAllJobs(a: JournalState, b: JournalState): string | undefined {
  for (const [id, job] of a.jobs) {
    const other = b.jobs.get(id);
    const found =
      other === undefined ? "it is missing" : (differenceOfFacts(job, other) ?? differenceOfWork(job, other));
    if (found !== undefined) return `job ${id}: ${found}`;
  }
  return undefined;
}

function differenceOfRecords(a: JournalState, b: JournalState): string | undefined {
  if (pagesOf(a) !== pagesOf(b)) return `pages: ${pagesOf(a)} and ${pagesOf(b)}`;
  if (itemsOf(a) !== itemsOf(b)) return `items: ${itemsOf(a)} and ${itemsOf(b)}`;
  if (a.index.size !== b.index.size) return `index: ${a.index.size} and ${b.index.size}`;
  for (const [id, page] of a.index)
    if (b.index.get(id) !== page) return `index of ${id}: ${page} and ${b.index.get(id) ?? "nothing"}`;
  return undefined;
}

function differenceOfFacts(a: Job, b: Job): string | undefined {
  for (const field of ["digest", "submittedAt", "blocksLeft"] as const)
    if (a[field] !== b[field]) return `${field}: ${a[field]} and ${b[field]}`;
  if (a.route.graph.id !== b.route.graph.id || a.route.phase !== b.route.phase) return "route";
  if (!isSame(a.input, b.input) || a.wait?.to !== b.wait?.to) return "input or listener";
  if (a.end === undefined && b.end === undefined) return undefined;
  return JSON.stringify(a.end) === JSON.stringify(b.end) ? undefined : "end";
}

function differenceOfWork(a: Job, b: Job): string | undefined {
  for (let module = 0; module < a.route.graph.modules.length; module++) {
    if (!isSame(a.outputs[module], b.outputs[module])) return `result of module ${module}`;
  }
  for (const [group, block] of a.blocks.entries()) {
    const found = differenceOfBlocks(block, b.blocks[group]);
    if (found !== undefined) return `block ${group}: ${found}`;
  }
  return a.spans.length === b.spans.length ? undefined : `${a.spans.length} and ${b.spans.length} spans`;
}

function differenceOfBlocks(a: Block | undefined, b: Block | undefined): string | undefined {
  if (a === undefined || b === undefined) return a === b ? undefined : "it is there, and it is not";
  for (const field of ["state", "position", "readyAt", "notBefore", "charged", "lease"] as const) {
    if (a[field] !== b[field]) return `${field}: ${a[field] ?? "undefined"} and ${b[field] ?? "undefined"}`;
  }
  return a.holder?.instance === b.holder?.instance ? undefined : "holder";
}

function isSame(a: Payload | undefined, b: Payload | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  if (!("bytes" in a) || !("bytes" in b)) return "ref" in a && "ref" in b && a.ref.id === b.ref.id;
  return isSameBytes(a.bytes, b.bytes);
}

export function isSameBytes(a: Uint8Array | undefined, b: Uint8Array): boolean {
  if (a?.byteLength !== b.byteLength) return false;
  for (let at = 0; at < b.byteLength; at++) if (a[at] !== b[at]) return false;
  return true;
}

interface Keyed {
  readonly size: number;
  keys(): Iterable<string>;
  has(key: string): boolean;
}

function hasSameKeys(a: Keyed, b: Keyed): boolean {
  if (a.size !== b.size) return false;
  for (const key of a.keys()) if (!b.has(key)) return false;
  return true;
}

function pagesOf({ pages }: JournalState): string {
  return JSON.stringify(pages.map(({ page, at }) => [page, at]));
}

function itemsOf({ aggregates }: JournalState): string {
  const kept = [...aggregates].filter(([, items]) => items.length > 0).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify(
    kept.map(([name, items]) => [name, items.map(({ job, payload, claimedBy }) => [job, textOf(payload), claimedBy])]),
  );
}
