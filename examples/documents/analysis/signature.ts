/** How many hash functions; their number bounds how exactly similarity is estimated. */
const HASHES = 128;
/** Words in a row that are compared as one. */
const SHINGLE = 4;

/**
 * MinHash: of all runs of four words the smallest hash, under 128 hash functions. Two texts agree in a place with the
 * probability of their similarity (what both have, of what either has).
 */
export function signatureOf(words: readonly string[]): number[] {
  const least = new Uint32Array(HASHES).fill(0xffffffff);
  for (let at = 0; at + SHINGLE <= words.length; at++) {
    const base = hashOf(words.slice(at, at + SHINGLE).join(" "));
    for (let index = 0; index < HASHES; index++) {
      const hash = mixed(base ^ Math.imul(index + 1, 0x9e3779b1));
      if (hash < (least[index] ?? 0)) least[index] = hash;
    }
  }
  return [...least];
}

/** Between 0 and 1. */
export function similarity(a: readonly number[], b: readonly number[]): number {
  const same = a.filter((hash, index) => hash === b[index] && hash !== 0xffffffff).length;
  return same / HASHES;
}

/** FNV-1a. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash >>> 0;
}

/** The last step of MurmurHash3: every bit of the input changes half of the output. */
function mixed(value: number): number {
  let hash = value;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
