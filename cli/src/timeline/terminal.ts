/** The timeline for a terminal: a row a lane, time from left to right. */
import type { Block } from "./blocks.ts";
import { lanesOf, type GroupLanes, type Lane } from "./lanes.ts";
import { colorOf } from "./palette.ts";
import { endOf, nameOfLane, summaryOf } from "./summary.ts";
import { ticksOf, tickText } from "./ticks.ts";
import { nameOfJob, type Timeline } from "./timeline.ts";
import { longWaits, runningPerColumn, waitingPerColumn } from "./waiting.ts";
import { countText, percentText, summaryLines } from "./words.ts";

export interface TerminalOptions {
  /** Columns of the terminal. At least 40 are used. */
  readonly width: number;
  readonly color: boolean;
  /** False: nothing but ASCII. */
  readonly unicode: boolean;
}

interface Canvas {
  readonly columns: number;
  readonly endMs: number;
  readonly color: boolean;
  readonly signs: Signs;
}

interface Signs {
  readonly run: string;
  readonly wait: string;
  readonly levels: readonly string[];
  readonly axis: string;
  readonly mark: string;
  readonly side: string;
}

const UNICODE: Signs = { run: "█", wait: "░", levels: Array.from("▁▂▃▄▅▆▇█"), axis: "─", mark: "┬", side: "│" };
const ASCII: Signs = { run: "=", wait: ".", levels: Array.from("_.-+=*%#"), axis: "-", mark: "+", side: "|" };

/** Below this many columns a block, single blocks cannot be seen and the lane shows how busy it was. */
const LEAST_COLUMNS = 1.5;
const LEAST_WIDTH = 40;
/** `  97%` at the end of each lane. */
const SHARE_WIDTH = 5;

/** Every line ends in a newline. */
export function renderTerminal(timeline: Timeline, { width, color, unicode }: TerminalOptions): string {
  const groups = lanesOf(timeline);
  const summary = summaryLines(summaryOf(timeline, groups));
  const endMs = endOf(timeline);
  if (endMs === 0) return text(summary);
  const nameWidth = Math.min(
    24,
    Math.max(7, ...groups.flatMap((group) => namesOf(group, endMs)).map((name) => name.length)),
  );
  const columns = Math.max(LEAST_WIDTH, width) - nameWidth - 3 - SHARE_WIDTH;
  const canvas: Canvas = { columns, endMs, color, signs: unicode ? UNICODE : ASCII };
  const rows = groups.flatMap((group) => rowsOf(group, canvas));
  return text([
    ...rows.map(({ name, cells, note }) => `${fit(name, nameWidth)} ${canvas.signs.side}${cells}${note}`),
    ...axisOf(canvas).map((line) => `${" ".repeat(nameWidth + 1)}${line}`),
    "",
    legendOf(groups, canvas),
    ...summary,
  ]);
}

interface Row {
  readonly name: string;
  readonly cells: string;
  readonly note: string;
}

function rowsOf(group: GroupLanes, canvas: Canvas): Row[] {
  const lanes = group.lanes.map((lane) => ({
    name: nameOfLane(group.group, lane),
    cells: isDense(lane, canvas) ? denseCells(lane, canvas) : blockCells(lane, canvas),
    note: ` ${percentText(lane.busyMs / canvas.endMs).padStart(4)}`,
  }));
  return hasWaiting(group, canvas.endMs)
    ? [...lanes, { name: "  waiting", cells: waitingCells(group, canvas), note: "" }]
    : lanes;
}

function namesOf(group: GroupLanes, endMs: number): string[] {
  const lanes = group.lanes.map((lane) => nameOfLane(group.group, lane));
  return hasWaiting(group, endMs) ? [...lanes, "  waiting"] : lanes;
}

function hasWaiting(group: GroupLanes, endMs: number): boolean {
  return longWaits(group.blocks, endMs).length > 0;
}

function isDense(lane: Lane, { columns, endMs }: Canvas): boolean {
  const meanMs = lane.busyMs / lane.blocks.length;
  return (meanMs / endMs) * columns < LEAST_COLUMNS;
}

/** Blocks of a lane, each with the number of its job and the names of its modules where there is room. */
function blockCells({ blocks }: Lane, canvas: Canvas): string {
  let line = "";
  let at = 0;
  for (const block of blocks) {
    const from = Math.max(at, columnOf(block.startedAt, canvas));
    const to = Math.max(from + 1, columnOf(block.endedAt, canvas));
    if (from >= canvas.columns) break;
    line +=
      " ".repeat(from - at) + painted(blockText(block, from, Math.min(to, canvas.columns), canvas), block, canvas);
    at = Math.min(to, canvas.columns);
  }
  return line + " ".repeat(canvas.columns - at);
}

function blockText(block: Block, from: number, to: number, canvas: Canvas): string {
  const fill = canvas.color ? " " : canvas.signs.run;
  const number = nameOfJob(block.job);
  let cells = "";
  for (const [place, span] of block.spans.entries()) {
    const end = place === block.spans.length - 1 ? to : Math.min(to, Math.max(from, columnOf(span.endedAt, canvas)));
    const room = end - from - cells.length;
    cells += labelFor(number, span.module, room).padEnd(Math.max(0, room), fill);
  }
  return cells;
}

/** A label keeps one cell free, so that the bar is seen and the next label stands apart. */
function labelFor(number: string, module: string, room: number): string {
  const long = `${number}:${module}`;
  if (long.length < room) return long;
  return number.length < room || (number.length === room && room === 1) ? number : "";
}

function painted(cells: string, block: Block, { color }: Canvas): string {
  if (!color) return cells;
  return `\u001b[1;38;5;231;48;5;${colorOf(block.job.index).ansi}m${cells}\u001b[0m`;
}

function denseCells({ blocks }: Lane, canvas: Canvas): string {
  const cells = runningPerColumn(blocks, canvas.endMs, canvas.columns)
    .map((share) => levelOf(share, 1, canvas))
    .join("");
  return canvas.color ? `\u001b[38;5;${colorOf(0).ansi}m${cells}\u001b[0m` : cells;
}

/** How many wait: as a number up to nine jobs, as a level beyond. */
function waitingCells({ blocks }: GroupLanes, canvas: Canvas): string {
  const counts = waitingPerColumn(blocks, canvas.endMs, canvas.columns);
  const most = counts.reduce((max, count) => Math.max(max, count), 0);
  const cells = counts.map((count) => (most < 9.5 ? shade(count, canvas) : levelOf(count, most, canvas))).join("");
  return canvas.color ? `\u001b[2m${cells}\u001b[0m` : cells;
}

function shade(count: number, { signs }: Canvas): string {
  if (count < 0.05) return " ";
  return count < 1.5 ? signs.wait : String(Math.round(count));
}

function levelOf(value: number, most: number, { signs: { levels } }: Canvas): string {
  if (value <= most / 100) return " ";
  return levels[Math.min(levels.length - 1, Math.floor((value / most) * levels.length))] ?? " ";
}

function axisOf({ columns, endMs, signs }: Canvas): string[] {
  const ticks = ticksOf(endMs, Math.max(2, Math.floor(columns / 8)));
  const stepMs = (ticks[1] ?? endMs) - (ticks[0] ?? 0);
  const marks = new Array<string>(columns + 1).fill(signs.axis);
  let words = "";
  for (const tickMs of ticks) {
    const column = Math.round((tickMs / endMs) * columns);
    marks[column] = signs.mark;
    words = words.padEnd(column) + tickText(tickMs, stepMs);
  }
  return [marks.join(""), words];
}

function legendOf(groups: readonly GroupLanes[], canvas: Canvas): string {
  const { signs } = canvas;
  const lanes = groups.flatMap((group) => group.lanes);
  const blocks = lanes.some((lane) => !isDense(lane, canvas));
  const dense = lanes.find((lane) => isDense(lane, canvas));
  const parts = [
    ...(blocks ? [`1:A${signs.run} job 1 runs module A`] : []),
    ...(dense === undefined
      ? []
      : [`${signs.levels.join("")} how busy (${countText(dense.blocks.length, "block")} in a lane)`]),
    ...(groups.some((group) => hasWaiting(group, canvas.endMs))
      ? [`${signs.wait} 2 3 jobs waiting for a replica`]
      : []),
  ];
  return parts.join("   ");
}

function columnOf(ms: number, { columns, endMs }: Canvas): number {
  return Math.round((ms / endMs) * columns);
}

function fit(name: string, width: number): string {
  return name.length > width ? `${name.slice(0, width - 1)}~` : name.padEnd(width);
}

function text(lines: readonly string[]): string {
  return lines.map((line) => `${line.trimEnd()}\n`).join("");
}
