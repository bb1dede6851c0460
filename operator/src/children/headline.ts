import type { Verdict } from "./conditions.ts";

/** The message that says most: what is wrong before what goes on. */
export function headline(verdicts: readonly Verdict[]): string {
  const worst = [
    verdicts.find(({ type, status }) => type === "Accepted" && status === "False"),
    verdicts.find(({ type, status }) => type === "Stalled" && status === "True"),
    verdicts.find(({ type, status }) => type === "Ready" && status === "False"),
    verdicts.find(({ type, status }) => type === "Progressing" && status === "True"),
  ];
  return worst.find((verdict) => verdict !== undefined && verdict.message !== "")?.message ?? "";
}
