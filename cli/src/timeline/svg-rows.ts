/** The rows of the picture: bars of one group, and what waits for it. */
import { titleOfSpan, titleOfWait } from "./bar-title.ts";
import type { Block } from "./blocks.ts";
import { escapeMarkup } from "./escape.ts";
import type { GroupLanes, Lane } from "./lanes.ts";
import { colorOf } from "./palette.ts";
import { nameOfJob, type TimelineSpan } from "./timeline.ts";
import { longWaits, runningPerColumn, waitingPerColumn } from "./waiting.ts";
import { countText, percentText } from "./words.ts";

/** Where time lies in the picture, in pixels. */
export interface Plot {
  readonly left: number;
  readonly width: number;
  readonly endMs: number;
}

export const LANE_HEIGHT = 26;
const LANE_GAP = 4;
const PADDING = 8;
const WAIT_PITCH = 5;
const WAIT_THICKNESS = 3;
/** More waits than this are drawn as a surface. */
const MOST_WAIT_LINES = 8;
const DEPTH_HEIGHT = 26;
/** Below this mean width of a bar, in pixels, a lane shows how busy it was instead of its bars. */
const LEAST_BAR = 1.6;
/** Beyond this many, single bars would make a file that browsers are slow with. */
const MOST_BARS = 4000;
/** Advance of a digit or letter of a label, in pixels, on the large side. */
const LETTER = 7;

export interface DrawnGroup {
  readonly height: number;
  /** What lies below the lines of the axis. */
  readonly band: string;
  readonly markup: string;
}

interface Drawn {
  readonly height: number;
  readonly markup: string;
}

export function drawGroup(group: GroupLanes, top: number, plot: Plot): DrawnGroup {
  const lanesTop = top + PADDING;
  const lanes = group.lanes.map((lane, index) =>
    drawLane(group.group, lane, lanesTop + index * (LANE_HEIGHT + LANE_GAP), plot),
  );
  const waitTop = lanesTop + group.lanes.length * (LANE_HEIGHT + LANE_GAP);
  const waiting = drawWaiting(group, waitTop, plot);
  const height = waitTop + waiting.height + PADDING - LANE_GAP - top;
  const band = `<rect class="band" x="8" y="${top}" width="${plot.left + plot.width + 40}" height="${height}" rx="8"/>`;
  return { height, band, markup: [...lanes, waiting.markup].join("\n") };
}

function drawLane(group: string, lane: Lane, top: number, plot: Plot): string {
  const middle = top + LANE_HEIGHT / 2 + 4;
  const name =
    lane.label === "" || lane.label === "#0"
      ? `<text class="group" x="20" y="${middle}">${escapeMarkup(clip(group, 14))}</text>`
      : "";
  const label = `<text class="lane" x="${plot.left - 12}" y="${middle}" text-anchor="end">${escapeMarkup(lane.label)}</text>`;
  const share = `<text class="share" x="${plot.left + plot.width + 40}" y="${middle}">${percentText(lane.busyMs / plot.endMs)}</text>`;
  const body = isDense(lane, plot)
    ? drawLoad(lane, top, plot)
    : lane.blocks.map((block) => drawBlock(block, top, plot)).join("");
  return name + label + share + body;
}

function isDense({ blocks, busyMs }: Lane, { width, endMs }: Plot): boolean {
  return blocks.length > MOST_BARS || (busyMs / blocks.length / endMs) * width < LEAST_BAR;
}

function drawBlock(block: Block, top: number, plot: Plot): string {
  return block.spans.map((span) => drawSpan(block, span, top, plot)).join("");
}

function drawSpan(block: Block, span: TimelineSpan, top: number, plot: Plot): string {
  const x = xOf(span.startedAt, plot);
  const full = xOf(span.endedAt, plot) - x;
  // A hair of background keeps neighbours apart, where there is room for it.
  const width = Math.max(0.8, full > 4 ? full - 1 : full);
  const fill = colorOf(block.job.index).hex;
  const rounded = width > 8 ? 3 : 0;
  const bar = `<rect x="${px(x)}" y="${top}" width="${px(width)}" height="${LANE_HEIGHT}" rx="${rounded}" fill="${fill}"/>`;
  return `<g data-job="${block.job.index}"><title>${escapeMarkup(titleOfSpan(block, span))}</title>${bar}${labelOf(block, span, { x, width, top })}</g>`;
}

interface Bar {
  readonly x: number;
  readonly width: number;
  readonly top: number;
}

function labelOf(block: Block, span: TimelineSpan, { x, width, top }: Bar): string {
  const number = nameOfJob(block.job);
  const text = [`${number} ${span.module}`, number].find((candidate) => candidate.length * LETTER + 8 <= width);
  if (text === undefined) return "";
  const inset = text === number ? (width - text.length * LETTER) / 2 : 6;
  return `<text class="label" x="${px(x + inset)}" y="${top + LANE_HEIGHT / 2 + 4}">${escapeMarkup(text)}</text>`;
}

/** A surface whose height says which part of each moment the lane ran. */
function drawLoad(lane: Lane, top: number, plot: Plot): string {
  const title = `${lane.replica}: ${countText(lane.blocks.length, "block")}, running ${percentText(lane.busyMs / plot.endMs)} of the time`;
  const loads = runningPerColumn(lane.blocks, plot.endMs, Math.round(plot.width / 3));
  const path = surface(loads, 1, { top, height: LANE_HEIGHT, plot });
  return `<path class="load" d="${path}"><title>${escapeMarkup(title)}</title></path>`;
}

function drawWaiting(group: GroupLanes, top: number, plot: Plot): Drawn {
  const waits = longWaits(group.blocks, plot.endMs);
  if (waits.length === 0) return { height: 0, markup: "" };
  const lines = stacked(waits);
  const many = lines.length > MOST_WAIT_LINES || waits.length > MOST_BARS;
  const height = many ? DEPTH_HEIGHT : Math.max(12, lines.length * WAIT_PITCH + 2);
  const caption = `<text class="lane" x="${plot.left - 12}" y="${top + height / 2 + 4}" text-anchor="end">waiting</text>`;
  const body = many
    ? drawDepth(waits, top, plot)
    : lines.map((line, index) => drawWaits(line, top + 2 + index * WAIT_PITCH, plot)).join("");
  return { height: height + LANE_GAP, markup: caption + body };
}

/** Rows of waits, none of which overlap within a row. */
function stacked(waits: readonly Block[]): Block[][] {
  const rows: Block[][] = [];
  for (const block of waits) {
    const free = rows.find((row) => (row.at(-1)?.startedAt ?? 0) <= block.readyAt);
    if (free === undefined) rows.push([block]);
    else free.push(block);
    if (rows.length > MOST_WAIT_LINES) break;
  }
  return rows;
}

function drawWaits(blocks: readonly Block[], top: number, plot: Plot): string {
  return blocks.map((block) => drawWait(block, top, plot)).join("");
}

function drawWait(block: Block, top: number, plot: Plot): string {
  const x = xOf(block.readyAt, plot);
  const width = Math.max(0.8, xOf(block.startedAt, plot) - x - 1);
  const bar = `<rect class="wait" x="${px(x)}" y="${top}" width="${px(width)}" height="${WAIT_THICKNESS}" rx="1.5" fill="${colorOf(block.job.index).hex}"/>`;
  return `<g data-job="${block.job.index}"><title>${escapeMarkup(titleOfWait(block))}</title>${bar}</g>`;
}

function drawDepth(waits: readonly Block[], top: number, plot: Plot): string {
  const counts = waitingPerColumn(waits, plot.endMs, Math.round(plot.width / 3));
  const most = counts.reduce((max, count) => Math.max(max, count), 1);
  const path = surface(counts, most, { top, height: DEPTH_HEIGHT, plot });
  return `<path class="depth" d="${path}"><title>${countText(waits.length, "job")} waited, up to ${Math.round(most)} at once</title></path>`;
}

interface Area {
  readonly top: number;
  readonly height: number;
  readonly plot: Plot;
}

function surface(values: readonly number[], most: number, { top, height, plot }: Area): string {
  const step = plot.width / values.length;
  const bottom = top + height;
  const steps = values.map(
    (value, index) => `V${px(bottom - Math.min(1, value / most) * height)}H${px(plot.left + (index + 1) * step)}`,
  );
  return `M${px(plot.left)} ${px(bottom)}${steps.join("")}V${px(bottom)}Z`;
}

export function xOf(ms: number, { left, width, endMs }: Plot): number {
  return left + (ms / endMs) * width;
}

/** A tenth of a pixel is finer than anyone sees. */
export function px(value: number): string {
  return String(Math.round(value * 10) / 10);
}

function clip(name: string, most: number): string {
  return name.length > most ? `${name.slice(0, most - 1)}…` : name;
}
