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
    return write.before === seen && write.text === JSON.stringify(content);
  }

  /** To be called after the write. A write that changed nothing leaves the version as it was, and is forgotten. */
  add(key: string, versions: { readonly before: string | undefined; readonly after: string }, content: unknown): void {
    if (versions.before === versions.after) this.#writes.delete(key);
    else this.#writes.set(key, { before: versions.before, text: JSON.stringify(content) });
  }

  /** To be told of everything that is looked at: once the cache shows another version than before the write, what it shows counts. */
  saw(key: string, seen: string | undefined): void {
    if (this.#writes.get(key)?.before !== seen) this.#writes.delete(key);
  }

  forget(key: string): void {
    this.#writes.delete(key);
  }
}
