import { PlanError } from "./plan-error.ts";

/**
 * Mean seconds by module, from the timeline of a run (`troupe run FILE --timeline T.json`).
 *
 * @param timeline the file's text, or what parsing it gave.
 * @param name what errors call it, such as the file's name.
 * @throws {PlanError} `InvalidTimeline`, with the place.
 */
export function durationsFromTimeline(timeline: unknown, name = "this"): Map<string, number> {
  try {
    return meansOf(spansOf(typeof timeline === "string" ? JSON.parse(timeline) : timeline));
  } catch (error) {
    const reason =
      error instanceof SyntaxError
        ? `it is not JSON (${error.message})`
        : error instanceof Flaw
          ? error.message
          : undefined;
    if (reason === undefined) throw error;
    throw new PlanError(
      "InvalidTimeline",
      `${name} is no timeline: ${reason}`,
      "Give the JSON file that `troupe run FILE --timeline T.json` wrote.",
    );
  }
}

class Flaw extends Error {}

function meansOf(spans: readonly unknown[]): Map<string, number> {
  const sums = new Map<string, { totalMs: number; runs: number }>();
  for (const [index, span] of spans.entries()) {
    const { module, tookMs } = readSpan(span, `spans[${index}]`);
    const sum = sums.get(module) ?? { totalMs: 0, runs: 0 };
    sums.set(module, { totalMs: sum.totalMs + tookMs, runs: sum.runs + 1 });
  }
  return new Map([...sums].map(([module, { totalMs, runs }]) => [module, totalMs / runs / 1000]));
}

function spansOf(timeline: unknown): readonly unknown[] {
  const spans = fieldsOf(timeline)["spans"];
  if (!Array.isArray(spans)) throw new Flaw("it has no list `spans`");
  if (spans.length === 0) throw new Flaw("its list `spans` is empty, so nothing was measured");
  return spans;
}

function readSpan(span: unknown, path: string): { readonly module: string; readonly tookMs: number } {
  const { module, startedAt, endedAt } = fieldsOf(span);
  if (typeof module !== "string") throw new Flaw(`${path}.module is no text`);
  if (!isTime(startedAt)) throw new Flaw(`${path}.startedAt is no number of milliseconds`);
  if (!isTime(endedAt)) throw new Flaw(`${path}.endedAt is no number of milliseconds`);
  if (endedAt < startedAt) throw new Flaw(`${path} ends before it starts`);
  return { module, tookMs: endedAt - startedAt };
}

function isTime(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}
