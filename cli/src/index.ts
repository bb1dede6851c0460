export { renderHtml, type HtmlOptions } from "./timeline/html.ts";
export { readTimeline } from "./timeline/read-timeline.ts";
export { renderSvg, type SvgOptions } from "./timeline/svg.ts";
export { renderTerminal, type TerminalOptions } from "./timeline/terminal.ts";
export type { JobState, Timeline, TimelineJob, TimelineSpan } from "./timeline/timeline.ts";
