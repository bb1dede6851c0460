/** Figures as a table for a terminal. */
import { judge, type Figure } from "./figure.ts";

const HEAD = ["", "median", "best", "to reach", ""];

export function printFigures(figures: readonly Figure[]): string {
  const rows = [HEAD, ...figures.map(rowOf)];
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) => `  ${row.map((cell, column) => align(cell, widths[column] ?? 0, column)).join("  ")}`.trimEnd())
    .join("\n");
}

function rowOf(figure: Figure): string[] {
  const { text, value, best, unit, target } = figure;
  const goal = target === undefined ? "" : `${target.kind === "at least" ? "≥" : "≤"} ${short(target.value)}`;
  return [text, `${short(value)} ${unit}`, best === undefined ? "" : short(best), goal, remarkOf(figure)];
}

function remarkOf(figure: Figure): string {
  const verdict = judge(figure);
  const parts = verdict === null ? [] : [`${verdict.reached ? "reached" : "MISSED"} ×${verdict.ratio.toFixed(2)}`];
  return [...parts, ...(figure.note === undefined ? [] : [figure.note])].join("  ");
}

function align(cell: string, width: number, column: number): string {
  return column === 0 || column === HEAD.length - 1 ? cell.padEnd(width) : cell.padStart(width);
}

/** Three significant digits, thousands apart. */
export function short(value: number): string {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toLocaleString("en-US", { maximumFractionDigits: digits });
}
