import { isPlainObject } from "./canonical-json.ts";

/** For every Group resource the start of its paths: `Group/name`, for a second one of that name `Group/name/2`. */
export function groupPaths(groups: readonly unknown[]): string[] {
  const seen = new Map<string, number>();
  return groups.map((group) => {
    const metadata = isPlainObject(group) ? group["metadata"] : undefined;
    const name = isPlainObject(metadata) && typeof metadata["name"] === "string" ? metadata["name"] : "unnamed";
    const times = (seen.get(name) ?? 0) + 1;
    seen.set(name, times);
    // Anything but letters, digits and dashes is no step of a path; such a name is refused anyway.
    const step = `Group/${name.replace(/[^\w-]/g, "_")}`;
    return times === 1 ? step : `${step}/${String(times)}`;
  });
}
