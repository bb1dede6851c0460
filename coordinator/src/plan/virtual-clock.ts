/**
 * Time that passes only when nothing is left to do at the present instant. Whole microseconds, so that sums are exact and what should
 * happen at the same instant does.
 */
export class VirtualClock<Event> {
  readonly #heap: Due<Event>[] = [];
  #nowUs = 0;
  #scheduled = 0;

  get nowUs(): number {
    return this.#nowUs;
  }

  /** Events due at the same instant come in the order in which they were scheduled. */
  schedule(delayUs: number, event: Event): void {
    const due = { atUs: this.#nowUs + delayUs, order: this.#scheduled++, event };
    let index = this.#heap.length;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = this.#heap[parent];
      if (above === undefined || !isBefore(due, above)) break;
      this.#heap[index] = above;
      index = parent;
    }
    this.#heap[index] = due;
  }

  /** Moves on to the next event, or returns undefined when nothing will ever happen again. */
  next(): Event | undefined {
    const [first] = this.#heap;
    const last = this.#heap.pop();
    if (first === undefined || last === undefined) return undefined;
    if (this.#heap.length > 0) this.#sink(last);
    this.#nowUs = first.atUs;
    return first.event;
  }

  #sink(due: Due<Event>): void {
    let index = 0;
    for (;;) {
      const left = this.#heap[2 * index + 1];
      const right = this.#heap[2 * index + 2];
      const isRight = left !== undefined && right !== undefined && isBefore(right, left);
      const least = isRight ? right : left;
      if (least === undefined || !isBefore(least, due)) break;
      this.#heap[index] = least;
      index = 2 * index + (isRight ? 2 : 1);
    }
    this.#heap[index] = due;
  }
}

interface Due<Event> {
  readonly atUs: number;
  readonly order: number;
  readonly event: Event;
}

function isBefore<Event>(a: Due<Event>, b: Due<Event>): boolean {
  return a.atUs < b.atUs || (a.atUs === b.atUs && a.order < b.order);
}
