/** Names, bars and shares of all lanes, as three columns that scroll apart. */
import { titleOfSpan, titleOfWait } from "./bar-title.ts";
import type { Block } from "./blocks.ts";
import { escapeMarkup } from "./escape.ts";
import type { GroupLanes, Lane } from "./lanes.ts";
import { colorOf } from "./palette.ts";
import { nameOfJob } from "./timeline.ts";
import { longWaits, runningPerColumn, waitingPerColumn } from "./waiting.ts";
import { percentText } from "./words.ts";

export interface HtmlRows {
  readonly names: string;
  readonly bars: string;
  readonly shares: string;
}

/** Beyond this many blocks a lane is drawn as how busy it was: browsers grow slow with more elements. */
const MOST_BLOCKS = 2500;
const COLUMNS = 400;
const WAIT_LINES = 3;

export function drawRows(groups: readonly GroupLanes[], endMs: number): HtmlRows {
  const drawn = groups.map((group) => drawGroup(group, endMs));
  const all = (key: keyof HtmlRows): string => drawn.map((group) => `<div class="group">${group[key]}</div>`).join("");
  return { names: all("names"), bars: all("bars"), shares: all("shares") };
}

function drawGroup({ group, lanes, blocks }: GroupLanes, endMs: number): HtmlRows {
  const waits = longWaits(blocks, endMs);
  const waiting = waits.length === 0 ? "" : `<div class="row wait">`;
  const names = lanes.map(
    (lane, index) =>
      `<div class="row"><b>${index === 0 ? escapeMarkup(group) : ""}</b><span title="${escapeMarkup(lane.replica)}">${escapeMarkup(lane.label)}</span></div>`,
  );
  const bars = lanes.map((lane) => `<div class="row">${drawLane(lane, endMs)}</div>`);
  const shares = lanes.map((lane) => `<div class="row">${percentText(lane.busyMs / endMs)}</div>`);
  return {
    names: names.join("") + (waiting === "" ? "" : `${waiting}<b></b><span>waiting</span></div>`),
    bars: bars.join("") + (waiting === "" ? "" : `${waiting}${drawWaits(waits, endMs)}</div>`),
    shares: shares.join("") + (waiting === "" ? "" : `${waiting}</div>`),
  };
}

function drawLane({ blocks }: Lane, endMs: number): string {
  if (blocks.length > MOST_BLOCKS) return columns(runningPerColumn(blocks, endMs, COLUMNS), 1, 26);
  return blocks.map((block) => drawBlock(block, endMs)).join("");
}

function drawBlock(block: Block, endMs: number): string {
  const { job } = block;
  return block.spans
    .map((span) => {
      const place = `left:${percent(span.startedAt, endMs)};width:${percent(span.endedAt - span.startedAt, endMs)};background:${colorOf(job.index).hex}`;
      const label = `${nameOfJob(job)} ${span.module}`;
      return `<i data-j="${job.index}" style="${place}" title="${escapeMarkup(titleOfSpan(block, span))}"><s>${escapeMarkup(label)}</s></i>`;
    })
    .join("");
}

/** A few rows of thin lines; what would need more rows is shown as how many wait. */
function drawWaits(waits: readonly Block[], endMs: number): string {
  const rowEnds: number[] = [];
  let lines = "";
  for (const block of waits) {
    const free = rowEnds.findIndex((end) => end <= block.readyAt);
    const row = free === -1 ? rowEnds.length : free;
    if (row >= WAIT_LINES) return depth(waits, endMs);
    rowEnds[row] = block.startedAt;
    const place = `top:${1 + row * 5}px;left:${percent(block.readyAt, endMs)};width:${percent(block.startedAt - block.readyAt, endMs)};background:${colorOf(block.job.index).hex}`;
    lines += `<i data-j="${block.job.index}" style="${place}" title="${escapeMarkup(titleOfWait(block))}"></i>`;
  }
  return lines;
}

function depth(waits: readonly Block[], endMs: number): string {
  const counts = waitingPerColumn(waits, endMs, COLUMNS);
  return columns(
    counts,
    counts.reduce((max, count) => Math.max(max, count), 1),
    16,
  );
}

function columns(values: readonly number[], most: number, height: number): string {
  return values
    .map((value, index) => {
      if (value < most / 200) return "";
      const place = `left:${percent(index, values.length)};width:${percent(1, values.length)};height:${(Math.min(1, value / most) * height).toFixed(1)}px`;
      return `<i class="load" style="${place}" title="${value.toFixed(2)}"></i>`;
    })
    .join("");
}

function percent(value: number, whole: number): string {
  return `${Number(((value / whole) * 100).toFixed(4))}%`;
}
