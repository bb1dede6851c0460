import { MAX_NAME_LENGTH } from "./limits.ts";

/** The nearest name that Kubernetes takes for a pipeline or group; null when nothing usable is left. */
export function toDnsLabel(name: string): string | null {
  const label = name
    .normalize("NFKD")
    .replace(/[\u0300-\u036f]/g, "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, MAX_NAME_LENGTH)
    .replace(/^-+|-+$/g, "");
  return label === "" ? null : label;
}
