import type { EndedJob } from "./run-jobs.ts";

/** One job as `-o json` prints it, without the newline. Bytes become base64. */
export function resultLine({ index, outcome }: EndedJob): string {
  const { id, state } = outcome;
  if (state === "done") return JSON.stringify({ id, index, state, result: plain(outcome.result), error: null });
  const place = { module: null, group: null, replica: null, attempt: null };
  return JSON.stringify({ id, index, state, result: null, error: { ...place, ...outcome.error } });
}

function plain(result: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(result).map(([name, value]) => [
      name,
      value instanceof Uint8Array ? Buffer.from(value).toString("base64") : value,
    ]),
  );
}
