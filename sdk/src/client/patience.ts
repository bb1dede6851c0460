/** How long a submission may go unanswered before it is sent again: longer where answers take long, so that haste does not make it worse. */
import { RESEND_MS } from "./open-job.ts";

/** Weight of the newest answer in the moving average. */
const NEWEST = 0.2;
/** What is sent again comes this many times later than answers usually do. */
const MARGIN = 4;
const LONGEST_MS = 10_000;

export class Patience {
  #answerMs = 0;

  /** An answer came so long after its submission was sent. */
  answered(tookMs: number): void {
    this.#answerMs += NEWEST * (tookMs - this.#answerMs);
  }

  get resendMs(): number {
    return Math.min(LONGEST_MS, Math.max(RESEND_MS, MARGIN * this.#answerMs));
  }
}
