import type { TerminalState } from "../terminal-state.ts";
import { progressBlock, progressLine, type ProgressFacts } from "./progress-text.ts";

const REDRAW_MS = 100;
const PLAIN_LINE_MS = 3_000;

/**
 * Shows how far a run is on standard error: drawn over in a terminal, a line every few seconds elsewhere. Lines of others go
 * through {@link ProgressView.say}, so that they stand above what is drawn over.
 */
export class ProgressView implements Disposable {
  readonly #terminal: TerminalState;
  readonly #facts: () => ProgressFacts;
  #timer: NodeJS.Timeout | undefined;
  #drawn = 0;

  constructor(terminal: TerminalState, facts: () => ProgressFacts) {
    this.#terminal = terminal;
    this.#facts = facts;
  }

  start(): void {
    this.#timer = setInterval(
      () => {
        if (this.#terminal.live) this.#draw();
        else process.stderr.write(`${progressLine(this.#facts())}\n`);
      },
      this.#terminal.live ? REDRAW_MS : PLAIN_LINE_MS,
    );
  }

  say(line: string): void {
    this.#erase();
    process.stderr.write(`${line}\n`);
    if (this.#timer !== undefined && this.#terminal.live) this.#draw();
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#erase();
  }

  #draw(): void {
    const lines = progressBlock(this.#facts(), this.#terminal.unicode).map((line) =>
      line.slice(0, this.#terminal.width - 1),
    );
    const up = this.#drawn > 0 ? `\u001b[${this.#drawn}A` : "";
    process.stderr.write(`${up}${lines.map((line) => `\u001b[2K${line}\n`).join("")}`);
    this.#drawn = lines.length;
  }

  #erase(): void {
    if (this.#drawn === 0) return;
    process.stderr.write(`\u001b[${this.#drawn}A\u001b[0J`);
    this.#drawn = 0;
  }
}
