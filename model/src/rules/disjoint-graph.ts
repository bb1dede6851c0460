import { islands } from "../graph/islands.ts";
import type { Finding } from "../problem.ts";
import type { Draft } from "./draft.ts";

/** DisjointGraph: modules that nothing connects are pipelines of their own. */
export function checkConnected({ modules, parents }: Draft): Finding[] {
  const names = new Set(modules.map(({ name }) => name));
  // A misspelt dependency cuts the graph too; it is reported itself.
  if (modules.some(({ dependsOn }) => dependsOn.some(({ name }) => !names.has(name)))) return [];
  // The second of two modules of one name is on an island of its own.
  if (names.size < modules.length) return [];
  const parts = islands(parents);
  const second = parts[1]?.[0];
  if (second === undefined) return [];
  const shown = parts.map((part) => part.map((index) => modules[index]?.name).join(", ")).join(" | ");
  return [
    {
      code: "DisjointGraph",
      message: `The modules fall into ${String(parts.length)} parts that no dependency connects: ${shown}.`,
      hint: "Connect them by a dependency, or declare a pipeline for each part.",
      path: modules[second]?.path ?? "spec.modules",
    },
  ];
}
