/** Which of the living coordinators a pipeline belongs to, by rendezvous hashing: when one comes or goes, few pipelines move. */

/** @returns the coordinators, the preferred one first. Everybody who knows the same coordinators gets the same order. */
export function rank(pipeline: string, coordinators: Iterable<string>): string[] {
  return [...new Set(coordinators)]
    .map((name) => ({ name, weight: weightOf(`${pipeline} ${name}`) }))
    .sort((a, b) => b.weight - a.weight || (a.name < b.name ? -1 : 1))
    .map(({ name }) => name);
}

/** FNV-1a, and MurmurHash3's last mixing, without which names that differ at their end alone would lie close together. */
function weightOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
