import type { Reply } from "../core/owner.ts";
import { outcomeText, spansOf, statusText } from "../core/outcome.ts";

/** An answer as the JSON text that the NATS door promises. */
export function replyText(reply: Reply): string {
  switch (reply.kind) {
    case "accepted":
      return JSON.stringify({ id: reply.id, revision: reply.revision });
    case "refused":
      return refusalText(reply);
    case "outcome":
      return outcomeText(reply.job, reply.timeline);
    case "pending":
      return JSON.stringify({ id: reply.id, state: "pending" });
    case "state":
      return JSON.stringify({ id: reply.id, state: reply.state });
    case "status":
      return statusText(reply.job);
    case "timeline":
      return JSON.stringify({ id: reply.job.id, spans: spansOf(reply.job) });
  }
}

function refusalText({ id, code, message, hint, retryAfterMs }: Extract<Reply, { kind: "refused" }>): string {
  return JSON.stringify({
    ...(id === undefined ? {} : { id }),
    error: { code, message, hint, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) },
  });
}
