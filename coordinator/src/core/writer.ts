/** The writer of a pipeline's journal: what its events weigh, and that submissions may be given up. */
import { isInline, type Payload } from "@troupe/protocol";
import type { Committed } from "./commit.ts";
import type { JournalEvent } from "./events.ts";
import { FrameWriter, type Frame as FrameOf, type WriterOptions } from "./frame-writer.ts";
import type { AppendContext } from "./owner.ts";

export type Frame = FrameOf<Committed>;

export class Writer extends FrameWriter<Committed> {
  constructor(options: WriterOptions) {
    super({ sizeOf: ({ event }) => eventSize(event), isOptional: ({ event }) => event.type === "submit" }, options);
  }

  add(event: JournalEvent, context: AppendContext): void {
    this.put({ event, context });
  }
}

/** Rough size of an event in a frame, a little above the truth. */
function eventSize(event: JournalEvent): number {
  switch (event.type) {
    case "submit":
      return 400 + size(event.input);
    case "done":
      return 400 + size(event.output) + 80 * event.spans.length;
    case "retry":
      return 400 + size(event.input) + event.outputs.reduce((sum, { output }) => sum + 40 + size(output), 0);
    case "fail":
      return 600 + event.failure.message.length * 2 + (event.failure.stack?.length ?? 0) * 2 + 80 * event.spans.length;
    case "page":
      return 200 + 70 * (event.jobs.length + event.stored.length);
    case "revision":
      return 200 + 600 * event.graph.modules.length;
    case "epoch":
    case "lease":
    case "cancel":
    case "expire":
    case "forget":
    case "release":
    case "snapshot":
      return 400;
  }
}

function size(payload: Payload): number {
  return isInline(payload) ? payload.bytes.byteLength : 250;
}
