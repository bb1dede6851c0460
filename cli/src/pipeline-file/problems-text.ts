import { problemText, type Problem } from "@troupe/model";

/** Problems for people, each with its code, place, line and cure. Ends in a newline. */
export function problemsText(
  problems: readonly Problem[],
  source: string | undefined,
  word: "error" | "warning" = "error",
): string {
  return problems.map((problem) => `${headed(problem, source, word)}\n`).join("\n");
}

function headed(problem: Problem, source: string | undefined, word: string): string {
  const text = problemText(problem, source);
  const head = `${problem.code}: `;
  return text.startsWith(head) ? `${word}[${problem.code}] ${text.slice(head.length)}` : text;
}
