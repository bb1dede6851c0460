import { toDnsLabel } from "../dns-label.ts";
import { MAX_NAME_LENGTH } from "../limits.ts";

/** Gives every name of a group one that Kubernetes takes, all different; names that are right already stay. */
export function groupLabels(names: Iterable<string>): Map<string, string> {
  const distinct = [...new Set(names)];
  const taken = new Set(distinct.filter((name) => toDnsLabel(name) === name));
  return new Map(
    distinct.map((name) => {
      if (taken.has(name) && toDnsLabel(name) === name) return [name, name];
      const label = freeLabel(toDnsLabel(name) ?? "group", taken);
      taken.add(label);
      return [name, label];
    }),
  );
}

function freeLabel(label: string, taken: ReadonlySet<string>): string {
  for (let number = 1; ; number += 1) {
    const suffix = number === 1 ? "" : `-${String(number)}`;
    const candidate = label.slice(0, MAX_NAME_LENGTH - suffix.length).replace(/-+$/, "") + suffix;
    if (!taken.has(candidate)) return candidate;
  }
}
