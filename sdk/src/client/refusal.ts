/** What an `{ error }` of the door means for the one who asked. */
import type { Fields } from "@troupe/protocol";
import { RefusedError } from "./errors.ts";

export interface Refusal {
  /**
   * `final`: asking again would not help. `later`: the owner asks for patience. `elsewhere`: who answered does not own the
   * pipeline; the owner is changing.
   */
  readonly kind: "final" | "later" | "elsewhere";
  readonly error: RefusedError;
  readonly afterMs: number;
}

export function refusalOf(reply: Fields): Refusal {
  const wire = reply.object("error");
  const code = wire.string("code");
  const hint = wire.get("hint");
  const afterMs = wire.get("retryAfterMs") ?? reply.get("retryAfterMs");
  return {
    kind: code === "NotOwner" ? "elsewhere" : code === "TooManyJobs" ? "later" : "final",
    error: new RefusedError(code, wire.string("message"), typeof hint === "string" ? hint : null),
    afterMs: typeof afterMs === "number" ? afterMs : 0,
  };
}
