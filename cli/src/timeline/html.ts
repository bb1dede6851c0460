/** The timeline as one page that needs nothing else: with zoom, a filter and a table of the jobs. */
import { blocksOf } from "./blocks.ts";
import { escapeMarkup, escapeScript } from "./escape.ts";
import { drawRows } from "./html-rows.ts";
import { HTML_SCRIPT, HTML_STYLE } from "./html-style.ts";
import { lanesOf } from "./lanes.ts";
import { colorOf } from "./palette.ts";
import { endOf, summaryOf, type Summary } from "./summary.ts";
import { ticksOf, tickText } from "./ticks.ts";
import { nameOfJob, type Timeline } from "./timeline.ts";
import { durationText, percentText } from "./words.ts";

export interface HtmlOptions {
  /** Stands above the page. Default: Timeline. */
  readonly title?: string;
}

/** Beyond this many jobs, a table is no help. */
const MOST_TABLE_ROWS = 2000;

export function renderHtml(timeline: Timeline, { title = "Timeline" }: HtmlOptions = {}): string {
  const groups = lanesOf(timeline);
  const endMs = Math.max(1, endOf(timeline));
  const rows = drawRows(groups, endMs);
  const jobs = timeline.jobs.map(({ index, id }) => [index + 1, id]);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<title>${escapeMarkup(title)}</title>
<style>${HTML_STYLE}</style>
</head>
<body>
<h1>${escapeMarkup(title)}</h1>
${figures(summaryOf(timeline, groups))}
<div class="tools">
<label>Zoom <input id="zoom" type="range" min="0" max="6" step="0.05" value="0"> <span id="times">1.0×</span></label>
<label>Job <input id="find" type="search" placeholder="number or id"></label>
<span>Point at a bar for its times; click it to follow its job. Thin lines are jobs that wait.</span>
</div>
<div class="plot">
<div class="names">${rows.names}</div>
<div class="scroll"><div class="time">${grid(endMs)}${rows.bars}${axis(endMs)}</div></div>
<div class="shares">${rows.shares}</div>
</div>
${table(timeline)}
<script>const JOBS=${escapeScript(jobs)};${HTML_SCRIPT}</script>
</body>
</html>
`;
}

function figures({ jobs, makespanMs, sequentialMs, speedUp, waitingMs, busiest, overlaps }: Summary): string {
  const all: [string, string][] = [
    [jobs === 1 ? "job" : "jobs", String(jobs)],
    ["from start to end", durationText(makespanMs)],
    ["one after another", durationText(sequentialMs)],
    ["speed-up", `${speedUp.toFixed(2)}×`],
    ["waiting, over all jobs", durationText(waitingMs)],
    ...(busiest === null ? [] : [[`busiest: ${busiest.label}`, percentText(busiest.share)] as [string, string]]),
    ...overlaps.map(({ group, lanes, share }): [string, string] => [
      `${group}: two of ${lanes} lanes at once`,
      percentText(share),
    ]),
  ];
  return `<dl>${all.map(([term, value]) => `<div><dt>${escapeMarkup(term)}</dt><dd>${escapeMarkup(value)}</dd></div>`).join("")}</dl>`;
}

function grid(endMs: number): string {
  return `<div class="grid">${ticksOf(endMs, 11)
    .map((tickMs) => `<u style="left:${part(tickMs, endMs)}"></u>`)
    .join("")}</div>`;
}

function axis(endMs: number): string {
  const ticks = ticksOf(endMs, 11);
  const stepMs = (ticks[1] ?? endMs) - (ticks[0] ?? 0);
  return `<div class="axis">${ticks.map((tickMs) => `<span${tickMs > endMs * 0.97 ? ' class="end"' : ""} style="left:${part(tickMs, endMs)}">${tickText(tickMs, stepMs)}</span>`).join("")}</div>`;
}

function part(ms: number, endMs: number): string {
  return `${Number(((ms / endMs) * 100).toFixed(3))}%`;
}

function table(timeline: Timeline): string {
  if (timeline.jobs.length > MOST_TABLE_ROWS) return "";
  const blocks = Map.groupBy(blocksOf(timeline), ({ job }) => job.id);
  const rows = timeline.jobs.map((job) => {
    const { id, index, state, submittedAt, endedAt } = job;
    const own = blocks.get(id) ?? [];
    const waited = own.reduce((sum, block) => sum + block.startedAt - block.readyAt, 0);
    const ran = own.reduce((sum, block) => sum + block.endedAt - block.startedAt, 0);
    const took = endedAt === null ? "–" : durationText(endedAt - submittedAt);
    const cells = [
      `<em style="background:${colorOf(index).hex}"></em>${nameOfJob(job)}`,
      escapeMarkup(id),
      `<span class="${state}">${state}</span>`,
      durationText(waited),
      durationText(ran),
      took,
    ];
    return `<tr data-j="${index}">${cells.map((cell) => `<td>${cell}</td>`).join("")}</tr>`;
  });
  const head = ["job", "id", "state", "waited", "ran", "took"].map((name) => `<th>${name}</th>`).join("");
  return `<table><thead><tr>${head}</tr></thead><tbody>${rows.join("\n")}</tbody></table>`;
}
