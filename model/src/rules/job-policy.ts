import type { Finding } from "../problem.ts";
import { fieldOf, type Draft } from "./draft.ts";

/** A backoff that would have to shrink. */
export function checkJobPolicy({ spec }: Draft): Finding[] {
  const backoff = fieldOf(spec["jobs"], "backoff");
  const [initial, most] = [fieldOf(backoff, "initialSeconds"), fieldOf(backoff, "maxSeconds")];
  if (typeof initial !== "number" || typeof most !== "number" || initial <= most) return [];
  const message = `The first pause (${String(initial)} s) is longer than the longest (${String(most)} s).`;
  return [
    {
      code: "InvalidValue",
      message,
      hint: "Lower initialSeconds, or raise maxSeconds.",
      path: "spec.jobs.backoff.initialSeconds",
    },
  ];
}
