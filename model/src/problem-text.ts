import type { Problem } from "./problem.ts";

/** Columns of a line that are shown; a longer one is cut around the mark. */
const WIDTH = 110;

/** A problem for people: code, message, place, the line of the text with a mark below the column, and the cure. */
export function problemText(problem: Problem, source?: string): string {
  const { line } = problem;
  const frame = line === null || source === undefined ? [] : codeFrame(source, line, problem.column ?? 1);
  return [`${problem.code}: ${problem.message}`, ...placeText(problem), ...frame, `  hint: ${problem.hint}`].join("\n");
}

function placeText({ file, line, column, path }: Problem): string[] {
  const at = line === null ? [] : [String(line), ...(column === null ? [] : [String(column)])];
  const place = [...(file === undefined ? [] : [file]), ...at].join(":");
  const shown = [place, path].filter((part) => part !== "").join("  ");
  return shown === "" ? [] : [`  at ${shown}`];
}

/** The line before and the line itself, with `▲` below the column. */
function codeFrame(source: string, line: number, column: number): string[] {
  const lines = source.split(/\r?\n/);
  const text = lines[line - 1];
  if (text === undefined) return [];
  const gutter = String(line).length + 4;
  const cut = Math.max(0, column - WIDTH + 20);
  const shown = (from: string): string => from.slice(cut, cut + WIDTH);
  const before = lines[line - 2];
  const mark = shown(text)
    .slice(0, column - 1 - cut)
    .replace(/[^\t]/g, " ");
  return [
    ...(before === undefined ? [] : [`${String(line - 1).padStart(gutter)} | ${shown(before)}`]),
    `${String(line).padStart(gutter)} | ${shown(text)}`,
    `${" ".repeat(gutter)} | ${mark}▲`,
  ];
}
