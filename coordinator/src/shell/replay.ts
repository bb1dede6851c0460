/** Replaying a pipeline's journal: its jobs, and the index of the pages that ended jobs stand on. */
import { streamsOf, type Bus, type Scope } from "@troupe/protocol";
import type { JournalEvent } from "../core/events.ts";
import { fold } from "../core/fold.ts";
import { decodeFrame } from "../core/frame-codec.ts";
import { indexOfPage } from "../core/record.ts";
import { decodeSnapshot, restorePage } from "../core/snapshot.ts";
import { emptyState, type JournalState } from "../core/state.ts";
import { unsealed } from "./checksum.ts";
import * as journal from "./journal-replay.ts";

export { JournalLostError } from "./journal-replay.ts";

export type Replayed = journal.Replayed<JournalState>;

/** @throws {JournalLostError} when `known` is not in it, among other things. @throws {DamagedError} */
export async function replay(bus: Bus, scope: Scope, known = journal.NO_FRAME): Promise<Replayed> {
  return journal.replayJournal(foldingOf(bus, scope), bus, scope, known);
}

/** Folds what was appended since. @returns whether anything was. @throws {JournalLostError} @throws {DamagedError} */
export async function catchUp(bus: Bus, scope: Scope, replayed: Replayed): Promise<boolean> {
  return journal.catchUp(foldingOf(bus, scope), bus, scope, replayed);
}

function foldingOf(bus: Bus, scope: Scope): journal.Folding<JournalState, JournalEvent> {
  return {
    empty: emptyState,
    fold,
    decode: decodeFrame,
    snapshotOf: (event) => (event.type === "snapshot" ? event : undefined),
    restore: async (parts) => {
      const { state, pages } = decodeSnapshot(parts);
      for (const { first, last } of pages) {
        for (const { sequence, data } of await journal.readAll(bus, streamsOf(scope).records, first, last))
          restorePage(state, sequence, indexOfPage(unsealed(data, `page ${sequence}`)));
      }
      return state;
    },
  };
}
