/** A model of shell/snapshots.ts: one is written every so many frames, and counts once the journal names it (E10). */
import type { PreparedEnvelope } from "@troupe/protocol";
import type { SnapshotEvent } from "../src/core/events.ts";
import type { Writer } from "../src/core/writer.ts";
import { voided, type Process, type Task } from "./process.ts";
import type { Server } from "./server.ts";

const PART_BYTES = 4_096;
const NUMBERS_PER_EPOCH = 1_000_000;

export interface SnapshotsOptions {
  readonly process: Process;
  readonly server: Server;
  readonly writer: Writer;
  /** One is due after so many frames. */
  readonly frames: number;
  readonly epoch: number;
  readonly encode: (maxBytes: number) => readonly PreparedEnvelope[];
  /** It is stored, and the journal is to name it. */
  readonly written: (event: SnapshotEvent) => void;
}

export class Snapshots {
  readonly #options: SnapshotsOptions;
  #framesSince = 0;
  #count = 0;
  #isUnderWay = false;

  constructor(options: SnapshotsOptions) {
    this.#options = options;
  }

  /** Another frame is journalled. */
  note(): void {
    if (++this.#framesSince >= this.#options.frames && !this.#isUnderWay) this.#options.process.spawn(this.#write());
  }

  /** What the snapshot covers may go, and every snapshot before it. */
  purge({ through, number }: SnapshotEvent): void {
    const { server, process } = this.#options;
    process.spawn(
      voided(
        server.call(() => {
          server.journal.purgeBelow(through + 1);
          for (const key of server.snapshots.keys())
            if (Number.parseInt(key, 10) < number) server.snapshots.delete(key);
        }),
      ),
    );
  }

  *#write(): Task {
    const { server, writer, epoch, encode, written } = this.#options;
    const { sequence: through, frames, checksum } = writer;
    const number = epoch * NUMBERS_PER_EPOCH + this.#count++;
    this.#isUnderWay = true;
    this.#framesSince = 0;
    const parts = encode(PART_BYTES);
    for (const [index, part] of parts.entries()) {
      const isStored = yield* server.call(() => server.snapshots.set(`${number}.${index}`, part.seal()).size);
      if (isStored !== undefined) continue;
      this.#isUnderWay = false;
      return;
    }
    this.#isUnderWay = false;
    written({ type: "snapshot", number, parts: parts.length, through, frames, checksum });
  }
}
