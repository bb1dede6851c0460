/** Virtual time: an event heap. Events of the same moment happen in the order in which they were planned. */
interface Planned {
  readonly at: number;
  readonly n: number;
  readonly run: () => void;
}

export class Clock {
  /** Milliseconds since the beginning. */
  now = 0;
  #heap: Planned[] = [];
  #planned = 0;

  /** @param ms from now; not below 0. */
  after(ms: number, run: () => void): void {
    this.#heap.push({ at: this.now + ms, n: this.#planned++, run });
    this.#up(this.#heap.length - 1);
  }

  /** Lets the next event happen. @returns whether there was one. */
  step(): boolean {
    const [head] = this.#heap;
    const last = this.#heap.pop();
    if (head === undefined || last === undefined) return false;
    if (this.#heap.length > 0) {
      this.#heap[0] = last;
      this.#down();
    }
    this.now = head.at;
    head.run();
    return true;
  }

  #up(start: number): void {
    const heap = this.#heap;
    const planned = heap[start];
    if (planned === undefined) return;
    let index = start;
    while (index > 0) {
      const above = (index - 1) >> 1;
      const parent = heap[above];
      if (parent === undefined || isBefore(parent, planned)) break;
      heap[index] = parent;
      index = above;
    }
    heap[index] = planned;
  }

  #down(): void {
    const heap = this.#heap;
    const [planned] = heap;
    if (planned === undefined) return;
    let index = 0;
    for (;;) {
      let below = 2 * index + 1;
      const [left, right] = [heap[below], heap[below + 1]];
      if (left === undefined) break;
      if (right !== undefined && isBefore(right, left)) below++;
      const child = heap[below];
      if (child === undefined || isBefore(planned, child)) break;
      heap[index] = child;
      index = below;
    }
    heap[index] = planned;
  }
}

function isBefore(a: Planned, b: Planned): boolean {
  return a.at < b.at || (a.at === b.at && a.n < b.n);
}
