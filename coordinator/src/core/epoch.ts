/**
 * The epoch of the next owner: one more than the last one in the journal, whose first is the time.
 *
 * Replicas heed the highest epoch that they have heard (E8), and may outlive a journal: NATS without a volume, or with new keys, begins with
 * nothing. Counted from 1 again, a new owner would pass for a former one, and nobody would ever run what it sends. Owners change more rarely than
 * once a second, so that a new journal's epochs are above all of an older one.
 *
 * @param last of the journal; 0: it is empty
 * @param unixMs Unix milliseconds
 */
export function nextEpoch(last: number, unixMs: number): number {
  return last === 0 ? Math.floor(unixMs / 1_000) : last + 1;
}
