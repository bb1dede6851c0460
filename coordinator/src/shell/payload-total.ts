/** What all pipelines that a process owns hold of inline payloads in memory: they share its memory, and so its bound (E10). */
export class PayloadTotal {
  readonly #held = new Map<object, number>();
  #total = 0;

  /** @param holder an owner @returns what the others hold */
  note(holder: object, bytes: number): number {
    this.#total += bytes - (this.#held.get(holder) ?? 0);
    this.#held.set(holder, bytes);
    return this.#total - bytes;
  }

  forget(holder: object): void {
    this.note(holder, 0);
    this.#held.delete(holder);
  }
}
