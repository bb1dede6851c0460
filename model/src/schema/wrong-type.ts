import type { Finding } from "../problem.ts";

/** A value of another type than the one that belongs there. */
export function wrongType(value: unknown, wanted: string, path: string): Finding {
  const quoted =
    typeof value === "string" && value !== "" && Number.isFinite(Number(value)) && wanted.includes("number");
  const unquoted = (typeof value === "number" || typeof value === "boolean") && wanted === "a text";
  const hint = quoted
    ? `Remove the quotes: ${value}.`
    : unquoted
      ? `Put it in quotes: "${String(value)}".`
      : `Write ${wanted}.`;
  return { code: "InvalidValue", message: `Expected ${wanted}, but found ${describe(value)}.`, hint, path };
}

/** A value as a message shows it. */
function describe(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object" && value !== null) return "a mapping";
  if (typeof value === "string") return value.length > 40 ? "a long text" : `the text "${value}"`;
  return value === null
    ? "nothing"
    : typeof value === "number" || typeof value === "boolean"
      ? String(value)
      : `a ${typeof value}`;
}
