/**
 * Durable aggregates. What `aggregate` returned for a job is an item, kept in journal order. A `process` claims a fixed set when it is
 * journalled; its journalled result removes exactly that set; a failure gives it back.
 */
import { inlineBytes, itemBytes } from "./bytes.ts";
import type { Job } from "./job.ts";
import type { AggregateItem, JournalState } from "./state.ts";

export function keepItem(state: JournalState, aggregate: string, item: AggregateItem): void {
  const items = state.aggregates.get(aggregate);
  if (items === undefined) state.aggregates.set(aggregate, [item]);
  else items.push(item);
  state.inlineBytes += inlineBytes(item.payload);
  state.itemBytes += itemBytes(item.payload);
}

/** Fixes the set of a process job: all items that no other process job has claimed. */
export function claimItems(state: JournalState, job: Job): void {
  for (const module of job.route.aggregates) {
    for (const item of itemsOf(state, nameOf(job, module))) item.claimedBy ??= job.id;
  }
}

/** The fixed set of a process job for one of its aggregates. */
export function claimedItems(state: JournalState, job: Job, module: number): AggregateItem[] {
  return itemsOf(state, nameOf(job, module)).filter(({ claimedBy }) => claimedBy === job.id);
}

export function consumeItems(state: JournalState, aggregate: string, processJob: string): void {
  const left: AggregateItem[] = [];
  for (const item of itemsOf(state, aggregate)) {
    if (item.claimedBy !== processJob) {
      left.push(item);
      continue;
    }
    state.inlineBytes -= inlineBytes(item.payload);
    state.itemBytes -= itemBytes(item.payload);
  }
  state.aggregates.set(aggregate, left);
}

export function releaseItems(state: JournalState, job: Job): void {
  for (const module of job.route.aggregates) {
    for (const item of itemsOf(state, nameOf(job, module))) if (item.claimedBy === job.id) item.claimedBy = null;
  }
}

function itemsOf(state: JournalState, aggregate: string): AggregateItem[] {
  return state.aggregates.get(aggregate) ?? [];
}

function nameOf(job: Job, module: number): string {
  return job.route.graph.modules[module]?.name ?? "";
}
