import { PlanError } from "./plan-error.ts";

/**
 * Mean seconds by module, from the timeline of a run (`troupe run FILE --timeline T.json`).
 *
 * @param timeline the file's text, or what parsing it gave.
 * @throws {PlanError} `InvalidTimeline`, with the place.
 */
export function durationsFromTimeline(timeline: unknown): Map<string, number> {
  const sums = new Map<string, { totalMs: number; runs: number }>();
  spansOf(typeof timeline === "string" ? parse(timeline) : timeline).forEach((span, index) => {
    const { module, tookMs } = readSpan(span, `spans[${index}]`);
    const sum = sums.get(module) ?? { totalMs: 0, runs: 0 };
    sums.set(module, { totalMs: sum.totalMs + tookMs, runs: sum.runs + 1 });
  });
  return new Map([...sums].map(([module, { totalMs, runs }]) => [module, totalMs / runs / 1000]));
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw invalid(`it is no JSON (${error instanceof Error ? error.message : String(error)})`);
  }
}

function spansOf(timeline: unknown): readonly unknown[] {
  const spans = fieldsOf(timeline)["spans"];
  if (!Array.isArray(spans)) throw invalid("it has no list `spans`");
  if (spans.length === 0) throw invalid("its list `spans` is empty: nothing was measured");
  return spans;
}

function readSpan(span: unknown, path: string): { readonly module: string; readonly tookMs: number } {
  const { module, startedAt, endedAt } = fieldsOf(span);
  if (typeof module !== "string") throw invalid(`${path}.module is no text`);
  if (!isTime(startedAt)) throw invalid(`${path}.startedAt is no number of milliseconds`);
  if (!isTime(endedAt)) throw invalid(`${path}.endedAt is no number of milliseconds`);
  if (endedAt < startedAt) throw invalid(`${path} ends before it starts`);
  return { module, tookMs: endedAt - startedAt };
}

function isTime(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}

function invalid(reason: string): PlanError {
  return new PlanError("InvalidTimeline", `this is no timeline: ${reason}`, "give the JSON file that `troupe run FILE --timeline T.json` wrote");
}
