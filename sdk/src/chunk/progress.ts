/** How far a map is: as facts, as a line, and on the standard error. */

export interface ChunkProgress {
  /** Elements that have ended, those of a checkpoint included. */
  readonly done: number;
  readonly failed: number;
  readonly total: number;
  /** Elements a second, since this run began; 0 before the first. */
  readonly ratePerSecond: number;
  /** Null while it cannot be told. */
  readonly secondsLeft: number | null;
}

/** `true`: a line on the standard error; a function is called after every element. */
export type ProgressOption = boolean | ((progress: ChunkProgress) => void);

const REDRAW_MS = 100;
const PLAIN_LINE_MS = 3_000;

export function progressOf(
  { done, failed, total }: Pick<ChunkProgress, "done" | "failed" | "total">,
  inheritedDone: number,
  elapsedMs: number,
): ChunkProgress {
  const here = done - inheritedDone;
  const ratePerSecond = here > 0 && elapsedMs > 0 ? (here * 1_000) / elapsedMs : 0;
  return { done, failed, total, ratePerSecond, secondsLeft: ratePerSecond > 0 ? (total - done) / ratePerSecond : null };
}

export function progressLine({ done, failed, total, ratePerSecond, secondsLeft }: ChunkProgress): string {
  const rate = ratePerSecond >= 10 ? String(Math.round(ratePerSecond)) : ratePerSecond.toFixed(1);
  const left = secondsLeft === null || done === total ? "" : ` · ${timeText(secondsLeft)} left`;
  return `elements ${done}/${total}${failed === 0 ? "" : ` (${failed} failed)`} · ${rate}/s${left}`;
}

function timeText(seconds: number): string {
  if (seconds < 60) return `${Math.ceil(seconds)} s`;
  return seconds < 3_600 ? `${Math.floor(seconds / 60)} min` : `${(seconds / 3_600).toFixed(1)} h`;
}

/** Counts the elements of one run and shows how far it is. */
export class ProgressMeter implements Disposable {
  readonly #option: ProgressOption;
  readonly #total: number;
  readonly #inherited: number;
  readonly #startedAt = performance.now();
  #timer: NodeJS.Timeout | undefined;
  #done: number;
  #failed = 0;
  #drawn = false;

  constructor(option: ProgressOption, total: number, inherited: number) {
    this.#option = option;
    this.#total = total;
    this.#inherited = inherited;
    this.#done = inherited;
    if (option !== true) return;
    this.#timer = setInterval(
      () => {
        this.#draw();
      },
      process.stderr.isTTY ? REDRAW_MS : PLAIN_LINE_MS,
    );
    this.#timer.unref();
  }

  ended(kind: "done" | "failed"): void {
    this.#done++;
    if (kind === "failed") this.#failed++;
    if (typeof this.#option === "function") this.#option(this.#progress());
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    // What ended before the first line was due has taken no time that anybody needs to see.
    if (this.#drawn) this.#draw();
    if (this.#drawn && process.stderr.isTTY) process.stderr.write("\n");
  }

  #progress(): ChunkProgress {
    const counts = { done: this.#done, failed: this.#failed, total: this.#total };
    return progressOf(counts, this.#inherited, performance.now() - this.#startedAt);
  }

  #draw(): void {
    this.#drawn = true;
    const line = progressLine(this.#progress());
    process.stderr.write(process.stderr.isTTY ? `\r\u001b[2K${line}` : `${line}\n`);
  }
}
