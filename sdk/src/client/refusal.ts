/** What an `{ error }` of the door means for the one who asked. */
import type { Fields } from "@troupe/protocol";
import { RefusedError } from "./errors.ts";

export interface Refusal {
  /**
   * `final`: asking again would not help. `later`: the owner asks for patience. `unconfirmed`: it cannot know the answer; that is as if
   * nobody had answered, and says why.
   */
  readonly kind: "final" | "later" | "unconfirmed";
  readonly error: RefusedError;
  readonly afterMs: number;
}

/** What passes by itself, if it says when. A full stream does not: somebody has to make room. */
const PASSING = new Set(["TooManyJobs", "RecordUnreadable", "PayloadTooLarge"]);

export function refusalOf(reply: Fields): Refusal {
  const wire = reply.object("error");
  const code = wire.string("code");
  const hint = wire.get("hint");
  const afterMs = wire.get("retryAfterMs") ?? reply.get("retryAfterMs");
  return {
    kind: code === "Unconfirmed" ? "unconfirmed" : PASSING.has(code) && typeof afterMs === "number" ? "later" : "final",
    error: new RefusedError(code, wire.string("message"), typeof hint === "string" ? hint : null),
    afterMs: typeof afterMs === "number" ? afterMs : 0,
  };
}
