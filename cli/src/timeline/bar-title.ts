import type { Block } from "./blocks.ts";
import { nameOfJob, type TimelineSpan } from "./timeline.ts";
import { durationText } from "./words.ts";

/** What a bar says when it is pointed at. */
export function titleOfSpan(block: Block, span: TimelineSpan): string {
  const waitMs = block.startedAt - block.readyAt;
  return [
    `${calledJob(block)} · ${span.module}`,
    `${span.replica}${span.attempt > 1 ? `, attempt ${span.attempt}` : ""}`,
    `waited ${durationText(waitMs)}, ran ${durationText(span.endedAt - span.startedAt)}`,
    `from ${durationText(span.startedAt)} to ${durationText(span.endedAt)}`,
    `id ${block.job.id}`,
  ].join("\n");
}

/** What a wait says when it is pointed at. */
export function titleOfWait(block: Block): string {
  return [
    `${calledJob(block)} waits for ${block.group}`,
    `for ${durationText(block.startedAt - block.readyAt)}`,
    `from ${durationText(block.readyAt)} to ${durationText(block.startedAt)}`,
  ].join("\n");
}

function calledJob({ job }: Block): string {
  return job.phase === "process" ? nameOfJob(job) : `job ${nameOfJob(job)}`;
}
