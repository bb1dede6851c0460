import type { EndedJob } from "./run-jobs.ts";

/** More jobs than this are not listed one by one. */
const LISTED = 20;
const FAILURES_LISTED = 10;

/** What the jobs brought, in short lines of at most `width`. */
export function resultTexts(ended: readonly EndedJob[], width: number): string[] {
  if (ended.length <= LISTED) return ended.flatMap((job) => textOf(job, width));
  const failed = ended.filter(({ outcome }) => outcome.state !== "done");
  const lines = failed.slice(0, FAILURES_LISTED).flatMap((job) => textOf(job, width));
  const rest = failed.length - Math.min(failed.length, FAILURES_LISTED);
  return rest > 0 ? [...lines, `… and ${rest} more that are not done: see them with -o json`] : lines;
}

function textOf({ index, outcome }: EndedJob, width: number): string[] {
  const head = `job ${index + 1}  ${outcome.state}`;
  if (outcome.state === "done") return [clip(`${head}  ${valueText(outcome.result)}`, width)];
  if (outcome.state === "cancelled") return [clip(`${head}  ${outcome.error.message}`, width)];
  const { code, message, module, replica, attempt, stack } = outcome.error;
  const place =
    module === null
      ? ""
      : ` in module ${module}${replica === null ? "" : ` on ${replica}`}${attempt === null ? "" : `, attempt ${attempt}`}`;
  return [`${head}${place}`, `  error[${code}] ${message}`, ...stackLines(stack)];
}

/** The first lines of the user's own stack say where. */
function stackLines(stack: string | undefined): string[] {
  const frames = stack?.split("\n").filter((line) => line.trim().startsWith("at ")) ?? [];
  return frames.slice(0, 3).map((line) => `    ${line.trim()}`);
}

function valueText(result: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(result, (_name, value: unknown) =>
    value instanceof Uint8Array ? `<${value.byteLength} bytes>` : value,
  );
}

function clip(text: string, width: number): string {
  const line = text.replaceAll("\n", " ");
  return line.length > width ? `${line.slice(0, Math.max(10, width - 1))}…` : line;
}
