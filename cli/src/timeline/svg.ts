/** The timeline as a picture that needs nothing else: for a README, a report, a colleague. */
import { escapeMarkup } from "./escape.ts";
import { lanesOf } from "./lanes.ts";
import { endOf, summaryOf, type Summary } from "./summary.ts";
import { drawGroup, px, xOf, type DrawnGroup, type Plot } from "./svg-rows.ts";
import { SVG_STYLE } from "./svg-style.ts";
import { ticksOf, tickText } from "./ticks.ts";
import type { Timeline } from "./timeline.ts";
import { countText, durationText, percentText } from "./words.ts";

export interface SvgOptions {
  /** Stands above the picture. Default: none. */
  readonly title?: string;
}

const WIDTH = 1000;
const LEFT = 168;
const RIGHT = 60;
const GROUP_GAP = 6;

export function renderSvg(timeline: Timeline, options: SvgOptions = {}): string {
  const groups = lanesOf(timeline);
  const summary = summaryOf(timeline, groups);
  const plot: Plot = { left: LEFT, width: WIDTH - LEFT - RIGHT, endMs: Math.max(1, endOf(timeline)) };
  const head = drawHead(summary, options.title);
  let top = head.height;
  const drawnGroups: DrawnGroup[] = [];
  for (const group of groups) {
    const drawn = drawGroup(group, top, plot);
    drawnGroups.push(drawn);
    top += drawn.height + GROUP_GAP;
  }
  const axis = drawAxis(plot, head.height, top);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${px(top + 30)}" width="${WIDTH}" height="${px(top + 30)}" role="img">
<title>${escapeMarkup(spoken(summary, options.title))}</title>
<style>${SVG_STYLE}</style>
<rect class="page" width="100%" height="100%" rx="10"/>
${head.markup}
${drawnGroups.map(({ band }) => band).join("")}
${axis}
${drawnGroups.map(({ markup }) => markup).join("\n")}
</svg>
`;
}

/** The picture for those who hear it. */
function spoken(summary: Summary, title = "Timeline"): string {
  return `${title}: ${countText(summary.jobs, "job")} in ${durationText(summary.makespanMs)}, ${durationText(summary.sequentialMs)} one after another`;
}

function drawHead(summary: Summary, title: string | undefined): { readonly height: number; readonly markup: string } {
  const top = title === undefined ? 12 : 44;
  const heading = title === undefined ? "" : `<text class="title" x="20" y="33">${escapeMarkup(title)}</text>`;
  const figures = figuresOf(summary).map(
    ({ figure, caption }, index) =>
      `<text class="figure" x="${20 + index * 165}" y="${top + 18}">${escapeMarkup(figure)}</text><text class="caption" x="${20 + index * 165}" y="${top + 34}">${escapeMarkup(caption)}</text>`,
  );
  return { height: top + 50, markup: heading + figures.join("") };
}

function figuresOf({
  jobs,
  makespanMs,
  sequentialMs,
  speedUp,
  busiest,
  waitingMs,
}: Summary): { figure: string; caption: string }[] {
  return [
    { figure: String(jobs), caption: jobs === 1 ? "job" : "jobs" },
    { figure: durationText(makespanMs), caption: "from start to end" },
    { figure: durationText(sequentialMs), caption: "one after another" },
    { figure: `${speedUp.toFixed(2)}×`, caption: "speed-up" },
    { figure: durationText(waitingMs), caption: "waiting, over all jobs" },
    {
      figure: busiest === null ? "–" : percentText(busiest.share),
      caption: busiest === null ? "busiest" : `busiest: ${busiest.label}`,
    },
  ];
}

/** Lines over the bands and under the bars. */
function drawAxis(plot: Plot, from: number, to: number): string {
  const ticks = ticksOf(plot.endMs, 11);
  const stepMs = (ticks[1] ?? plot.endMs) - (ticks[0] ?? 0);
  const marks = ticks.map((tickMs) => {
    const x = px(xOf(tickMs, plot));
    return `<line class="grid" x1="${x}" x2="${x}" y1="${from}" y2="${px(to)}" stroke-dasharray="2 4"/><text class="tick" x="${x}" y="${px(to + 16)}">${tickText(tickMs, stepMs)}</text>`;
  });
  return marks.join("\n");
}
