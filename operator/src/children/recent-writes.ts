/**
 * What this process has written and its caches do not show yet. Without it, a visit that follows a write closely would write the same again.
 * A write is remembered from its beginning, for its news may come before its answer, until the cache hears anything of the object: what is
 * written and deleted between two visits leaves the cache as it was, and has to be written again.
 */
interface Write {
  /** Version that the cache showed when it was written; undefined: no object. */
  readonly before: string | undefined;
  readonly text: string;
  readonly atMs: number;
}

/** News that have not come after so long are lost: a watch that was cut off tells what there is, not what there was. */
const BELIEVED_MS = 60_000;

export class RecentWrites {
  readonly #writes = new Map<string, Write>();

  /** Whether the very same was written to what the cache still shows. */
  has(key: string, seen: string | undefined, content: unknown, nowMs: number): boolean {
    const write = this.#writes.get(key);
    if (write === undefined || nowMs - write.atMs > BELIEVED_MS) return false;
    return write.before === seen && write.text === JSON.stringify(content);
  }

  /** To be called before the write. */
  begin(key: string, before: string | undefined, content: unknown, nowMs: number): void {
    this.#writes.set(key, { before, text: JSON.stringify(content), atMs: nowMs });
  }

  /** To be called after the write, with the version that it made. One that changed nothing has no news to wait for. */
  end(key: string, after: string): void {
    if (this.#writes.get(key)?.before === after) this.#writes.delete(key);
  }

  /** The cache has heard something of it, the write has failed, or the object is being deleted. */
  forget(key: string): void {
    this.#writes.delete(key);
  }
}
