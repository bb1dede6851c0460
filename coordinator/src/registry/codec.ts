/** Frames and snapshots of a free Group's journal, as bytes. The shell adds the checksum. */
import { Fields, openEnvelope, PayloadWriter, type PreparedEnvelope } from "@troupe/protocol";
import type { Frame } from "../core/frame-writer.ts";
import type { RegistryEvent } from "./events.ts";
import type { AppendContext } from "./owner.ts";
import { emptyRegistry, type ActorRecord, type RegistryState } from "./state.ts";

/** Version of the journal's format. A journal of another version is refused. */
const REGISTRY_VERSION = 1;

/** An event on its way to the journal, and who is told when it is there. */
export interface RegistryEntry {
  readonly event: RegistryEvent;
  readonly context: AppendContext;
}

export function encodeRegistryFrame({ epoch, number, after, entries }: Frame<RegistryEntry>): Uint8Array {
  return new PayloadWriter().seal({
    v: REGISTRY_VERSION,
    epoch,
    number,
    after,
    events: entries.map(({ event }) => event),
  });
}

export interface DecodedRegistryFrame {
  readonly epoch: number;
  readonly number: number;
  /** The checksum of the frame before it; 0 for the first. */
  readonly after: number;
  readonly events: readonly RegistryEvent[];
}

/** @throws {EnvelopeError} when the bytes are no frame of this version. */
export function decodeRegistryFrame(data: Uint8Array): DecodedRegistryFrame {
  const frame = new Fields(openEnvelope(data).messages, "frame");
  if (frame.number("v") !== REGISTRY_VERSION)
    throw new Error(`registry format ${frame.number("v")}; this version reads ${REGISTRY_VERSION}`);
  return {
    epoch: frame.number("epoch"),
    number: frame.number("number"),
    after: frame.number("after"),
    events: frame.array("events").map((raw) => {
      const event = new Fields(raw, "event");
      event.string("type");
      return event.as<RegistryEvent>();
    }),
  };
}

/** A little above what the event takes in a frame. */
export function eventBytes(event: RegistryEvent): number {
  if (event.type !== "create") return 600 + ("death" in event ? deathBytes(event.death) : 0);
  const { args, code } = event.order;
  return 1_500 + args.length + 2 * ("source" in code ? code.source.length : 0);
}

function deathBytes({ message, stack }: { message: string; stack?: string }): number {
  return 2 * (message.length + (stack?.length ?? 0));
}

export function encodeRegistrySnapshot(state: RegistryState, maxBytes: number): PreparedEnvelope[] {
  const parts: ActorRecord[][] = [];
  let bytes = Infinity;
  for (const record of state.actors.values()) {
    const next = eventBytes({ type: "create", order: record.order, at: 0 }) + 600;
    if (bytes + next > maxBytes) {
      parts.push([]);
      bytes = 0;
    }
    parts.at(-1)?.push(record);
    bytes += next;
  }
  if (parts.length === 0) parts.push([]);
  return parts.map((actors) => new PayloadWriter().prepare({ epoch: state.epoch, actors }));
}

/** @throws {EnvelopeError} when a part is none. */
export function decodeRegistrySnapshot(parts: readonly Uint8Array[]): RegistryState {
  const state = emptyRegistry();
  for (const part of parts) {
    const fields = new Fields(openEnvelope(part).messages, "snapshot");
    state.epoch = fields.number("epoch");
    for (const raw of fields.array("actors")) {
      const record = new Fields(raw, "actor").as<ActorRecord>();
      const { id, name } = record.order;
      state.actors.set(id, record);
      if (name !== null && record.status !== "dead") state.names.set(name, id);
    }
  }
  return state;
}
