/** Journal events as they stand in a frame's envelope, and back. The shell adds the checksum. */
import { Fields, PayloadWriter, openEnvelope, parseSlot, type Payload, type PayloadReader } from "@troupe/protocol";
import type { JournalEvent } from "./events.ts";
import type { Frame } from "./writer.ts";

/** Version of the journal's format. A journal of another version is refused. 2: frames carry the checksum of the frame before. */
export const JOURNAL_VERSION = 2;

export interface DecodedFrame {
  readonly epoch: number;
  readonly number: number;
  /** The checksum of the frame before it; 0 for the first. */
  readonly after: number;
  readonly events: readonly JournalEvent[];
}

export function encodeFrame({ epoch, number, after, entries }: Frame): Uint8Array {
  const writer = new PayloadWriter();
  const events = entries.map(({ event }) => eventToWire(event, writer));
  return writer.seal({ v: JOURNAL_VERSION, epoch, number, after, events });
}

/** @throws {EnvelopeError} when the bytes are no frame of this version. */
export function decodeFrame(data: Uint8Array): DecodedFrame {
  const { messages, payloads } = openEnvelope(data);
  const frame = new Fields(messages, "frame");
  if (frame.number("v") !== JOURNAL_VERSION)
    throw new Error(`journal format ${frame.number("v")}; this version reads ${JOURNAL_VERSION}`);
  const events = frame.array("events").map((raw) => eventFromWire(raw, payloads));
  return { epoch: frame.number("epoch"), number: frame.number("number"), after: frame.number("after"), events };
}

export function eventToWire(event: JournalEvent, writer: PayloadWriter): unknown {
  switch (event.type) {
    case "submit":
      return { ...event, input: writer.add(event.input) };
    case "done":
      return { ...event, output: writer.add(event.output) };
    case "retry":
      return {
        ...event,
        input: writer.add(event.input),
        outputs: event.outputs.map(({ module, output }) => ({ module, output: writer.add(output) })),
      };
    case "epoch":
    case "revision":
    case "fail":
    case "lease":
    case "cancel":
    case "expire":
    case "page":
    case "forget":
    case "release":
    case "snapshot":
      return event;
  }
}

export function eventFromWire(raw: unknown, payloads: PayloadReader): JournalEvent {
  const fields = new Fields(raw, "event");
  switch (fields.string("type")) {
    case "submit":
      return fields.replaced<JournalEvent>({ input: read(fields.get("input"), payloads) });
    case "done":
      return fields.replaced<JournalEvent>({ output: read(fields.get("output"), payloads) });
    case "retry":
      return fields.replaced<JournalEvent>({
        input: read(fields.get("input"), payloads),
        outputs: readOutputs(fields.array("outputs"), payloads),
      });
    default:
      return fields.as<JournalEvent>();
  }
}

export function readOutputs(raw: readonly unknown[], payloads: PayloadReader): { module: number; output: Payload }[] {
  return raw.map((entry) => {
    const fields = new Fields(entry, "output");
    return { module: fields.number("module"), output: read(fields.get("output"), payloads) };
  });
}

/** A copy of its own, so that a small payload does not keep a whole frame in memory. */
export function read(slot: unknown, payloads: PayloadReader): Payload {
  return owned(payloads.get(parseSlot(slot)));
}

/** The payload with bytes of its own. `slice` would not do: that of a Buffer, which what comes from a socket is, copies nothing. */
export function owned(payload: Payload): Payload {
  return "bytes" in payload ? { kind: payload.kind, bytes: new Uint8Array(payload.bytes) } : payload;
}
