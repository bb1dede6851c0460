/** What shows, beside the journal, that there is one: without it, a journal that is deleted before the first snapshot would be begun anew. */
import { appendToStream, subjectsOf, type Bus, type Scope } from "@troupe/protocol";
import type { Log } from "./log.ts";

/** No owner has the epoch 0, so no snapshot has this number. */
const MARK = 0;
const PAUSE_MS = 100;

export interface MarkOptions {
  readonly bus: Bus;
  readonly scope: Scope;
  readonly log: Log;
  /** Whether nobody needs it any more. */
  readonly isClosed: () => boolean;
}

/** To be called after the first frame and before anything is acknowledged. Twice does no harm. Tries until it is done. */
export async function markJournal({ bus, scope, log, isClosed }: MarkOptions): Promise<void> {
  while (!isClosed()) {
    try {
      await appendToStream(bus, subjectsOf(scope).snapshot(MARK, 0), new TextEncoder().encode("the journal was begun"));
      return;
    } catch (error) {
      log.debug("the journal's mark could not be written; it is tried again", { error: String(error) });
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
}
