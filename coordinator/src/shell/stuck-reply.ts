/** What a submission is told while NATS answers and takes nothing: see write-watch.ts. */
import type { Reply } from "../core/owner.ts";

const RETRY_MS = 5_000;

/** @param isKnown the job is in the journal, or on its way there: nobody can say which (E1). */
export function stuckReply(id: string, isKnown: boolean): Reply {
  return {
    kind: "refused",
    ...(id === "" ? {} : { id }),
    ...(isKnown
      ? {
          code: "Unconfirmed",
          message:
            "the submission waits for the journal, and the NATS server answers, but takes nothing: its disk may be full",
          hint: "make room on the disk of the NATS server, and restart it; then ask again with the same id, which may have been accepted",
        }
      : {
          code: "StreamFull",
          message: "the NATS server answers, but takes nothing: its disk may be full",
          hint: "make room on the disk of the NATS server, and restart it; nothing that was accepted is lost",
        }),
    retryAfterMs: RETRY_MS,
  };
}
