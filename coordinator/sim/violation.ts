/** An invariant is broken. */
export class Violation extends Error {
  override readonly name = "Violation";

  constructor(invariant: string, what: string) {
    super(`${invariant}: ${what}`);
  }
}
