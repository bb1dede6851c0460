import type { Block } from "./blocks.ts";
import type { TimelineSpan } from "./timeline.ts";
import { durationText } from "./words.ts";

/** What a bar says when it is pointed at. */
export function titleOfSpan(block: Block, span: TimelineSpan): string {
  const waitMs = block.startedAt - block.readyAt;
  return [
    `job ${block.job.index + 1} · ${span.module}`,
    `${span.replica}${span.attempt > 1 ? `, attempt ${span.attempt}` : ""}`,
    `waited ${durationText(waitMs)}, ran ${durationText(span.endedAt - span.startedAt)}`,
    `from ${durationText(span.startedAt)} to ${durationText(span.endedAt)}`,
    `id ${block.job.id}`,
  ].join("\n");
}

/** What a wait says when it is pointed at. */
export function titleOfWait(block: Block): string {
  return [
    `job ${block.job.index + 1} waits for ${block.group}`,
    `for ${durationText(block.startedAt - block.readyAt)}`,
    `from ${durationText(block.readyAt)} to ${durationText(block.startedAt)}`,
  ].join("\n");
}
