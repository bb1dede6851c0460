/** Ready blocks of one group and template, by the journal position at which they became ready (E7). */
import type { Block } from "./job.ts";

/** A block's place. The block names the one that counts; another was left behind by {@link ReadyQueue.remove}. */
export interface Place {
  readonly block: Block;
  readonly position: number;
  /** Since when it stands there, Unix milliseconds. */
  readonly since: number;
}

export class ReadyQueue {
  #heap: Place[] = [];
  #gone = 0;

  get size(): number {
    return this.#heap.length - this.#gone;
  }

  /** @param since now, in Unix milliseconds. */
  add(block: Block, since: number): void {
    if (block.queued !== undefined) return;
    block.queued = { block, position: block.position, since };
    this.#heap.push(block.queued);
    this.#up(this.#heap.length - 1);
  }

  /** The block whose turn it is, or undefined. */
  peek(): Block | undefined {
    for (let head = this.#heap[0]; head !== undefined; head = this.#heap[0]) {
      if (head.block.queued === head) return head.block;
      this.#pop();
      this.#gone--;
    }
    return undefined;
  }

  take(): Block | undefined {
    const head = this.peek();
    if (head === undefined) return undefined;
    this.#pop();
    head.queued = undefined;
    return head;
  }

  /** Takes a block out of turn: cancelled, or found to be running. */
  remove(block: Block): void {
    if (block.queued === undefined) return;
    block.queued = undefined;
    this.#gone++;
    if (this.#gone > 64 && this.#gone * 2 > this.#heap.length) this.#sweep();
  }

  /** The blocks, in no particular order. */
  *blocks(): Generator<Block> {
    for (const place of this.#heap) if (place.block.queued === place) yield place.block;
  }

  #sweep(): void {
    const living = this.#heap.filter((place) => place.block.queued === place);
    this.#heap = living.sort((a, b) => a.position - b.position);
    this.#gone = 0;
  }

  #pop(): void {
    const last = this.#heap.pop();
    if (last === undefined || this.#heap.length === 0) return;
    this.#heap[0] = last;
    this.#down(0);
  }

  #up(start: number): void {
    let index = start;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!this.#before(index, parent)) return;
      this.#swap(index, parent);
      index = parent;
    }
  }

  #down(start: number): void {
    let index = start;
    for (;;) {
      const left = 2 * index + 1;
      const right = left + 1;
      let least = index;
      if (left < this.#heap.length && this.#before(left, least)) least = left;
      if (right < this.#heap.length && this.#before(right, least)) least = right;
      if (least === index) return;
      this.#swap(index, least);
      index = least;
    }
  }

  #before(a: number, b: number): boolean {
    const [placeA, placeB] = [this.#heap[a], this.#heap[b]];
    return placeA !== undefined && placeB !== undefined && placeA.position < placeB.position;
  }

  #swap(a: number, b: number): void {
    const [placeA, placeB] = [this.#heap[a], this.#heap[b]];
    if (placeA === undefined || placeB === undefined) return;
    this.#heap[a] = placeB;
    this.#heap[b] = placeA;
  }
}
