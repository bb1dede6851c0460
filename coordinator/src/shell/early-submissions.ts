/** Submissions that came before the first revision. It may have been published just now: it is looked for before anybody is told that there is none. */

export interface EarlyOptions<Submission> {
  readonly look: () => Promise<void>;
  readonly answer: (submission: Submission) => void;
}

export class EarlySubmissions<Submission> {
  readonly #options: EarlyOptions<Submission>;
  #waiting: Submission[] = [];

  constructor(options: EarlyOptions<Submission>) {
    this.#options = options;
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  /** They are answered in the order in which they came, whether a revision was found or not. */
  add(submission: Submission): void {
    this.#waiting.push(submission);
    if (this.#waiting.length > 1) return;
    const answerAll = (): void => {
      for (const each of this.#waiting.splice(0)) this.#options.answer(each);
    };
    this.#options.look().then(answerAll, answerAll);
  }
}
