/**
 * What this process has written and its caches do not show yet. Without it, a visit that follows a write closely would write the same again.
 */
interface Write {
  /** Version that the cache showed when it was written; undefined: no object. */
  readonly before: string | undefined;
  readonly text: string;
}

export class RecentWrites {
  readonly #writes = new Map<string, Write>();

  /** Whether the very same was written to what the cache still shows. */
  has(key: string, seen: string | undefined, content: unknown): boolean {
    const write = this.#writes.get(key);
    if (write === undefined) return false;
    // The cache has moved on: what it shows counts.
    if (write.before !== seen) {
      this.#writes.delete(key);
      return false;
    }
    return write.text === JSON.stringify(content);
  }

  /** To be called after the write. A write that changed nothing leaves the version as it was, and is forgotten. */
  add(key: string, versions: { readonly before: string | undefined; readonly after: string }, content: unknown): void {
    if (versions.before === versions.after) this.#writes.delete(key);
    else this.#writes.set(key, { before: versions.before, text: JSON.stringify(content) });
  }

  forget(key: string): void {
    this.#writes.delete(key);
  }
}
