/** Finalizers are the operator's promise to clean up. Once it is gone nobody keeps it, and what has one could never be deleted. */
const OURS = "troupe.dev/";

/** The finalizers that stay when the operator goes; null: none of them is ours, and nothing need be written. */
export function finalizersWithoutOurs(finalizers: readonly string[] | undefined): readonly string[] | null {
  const all = finalizers ?? [];
  const others = all.filter((name) => !name.startsWith(OURS));
  return others.length === all.length ? null : others;
}
