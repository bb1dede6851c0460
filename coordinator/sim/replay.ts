/** A model of shell/replay.ts: the snapshot that counts, the frames behind it, the index of the pages. */
import { crc32 } from "node:zlib";
import type { SnapshotEvent } from "../src/core/events.ts";
import { fold } from "../src/core/fold.ts";
import { decodeFrame, type DecodedFrame } from "../src/core/frame-codec.ts";
import { indexOfPage } from "../src/core/record.ts";
import { decodeSnapshot, restorePage } from "../src/core/snapshot.ts";
import { emptyState, type JournalState } from "../src/core/state.ts";
import type { Server } from "./server.ts";

export class JournalLostError extends Error {
  override readonly name = "JournalLostError";
}

export interface Replayed {
  state: JournalState;
  sequence: number;
  frames: number;
  checksum: number;
}

/** @throws {JournalLostError} */
export function replay(server: Server): Replayed {
  const { journal } = server;
  const nothing: Replayed = { state: emptyState(), sequence: 0, frames: 0, checksum: 0 };
  if (journal.last === 0) {
    if (server.snapshots.size > 0 || server.records.last > 0)
      throw new JournalLostError("the journal is empty, and was not");
    return nothing;
  }
  const frames = framesFrom(server, journal.first);
  const snapshot = newestSnapshot(frames);
  if (snapshot === undefined) {
    if (journal.first !== 1) throw new JournalLostError("no snapshot covers what was before");
    return foldAll(nothing, frames);
  }
  if (journal.first > snapshot.through + 1) throw new JournalLostError("frames are missing behind the snapshot");
  return foldAll(loadSnapshot(server, snapshot), frames);
}

/** @throws {JournalLostError} */
export function catchUp(server: Server, replayed: Replayed): void {
  const { journal } = server;
  if (journal.last < replayed.sequence) throw new JournalLostError("the journal is shorter than it was");
  if (journal.first > replayed.sequence + 1) Object.assign(replayed, replay(server));
  else foldAll(replayed, framesFrom(server, replayed.sequence + 1));
}

interface Frame extends DecodedFrame {
  readonly sequence: number;
  readonly checksum: number;
}

function framesFrom({ journal }: Server, first: number): Frame[] {
  const frames: Frame[] = [];
  for (let sequence = first; sequence <= journal.last; sequence++) {
    const data = journal.messages.get(sequence);
    if (data === undefined) throw new JournalLostError(`frame ${sequence} is missing`);
    frames.push({ ...decodeFrame(data), sequence, checksum: crc32(data) });
  }
  return frames;
}

function foldAll(replayed: Replayed, frames: readonly Frame[]): Replayed {
  for (const { sequence, number, after, checksum, events } of frames) {
    if (sequence <= replayed.sequence) continue;
    if (number !== replayed.frames + 1) throw new JournalLostError(`frame ${sequence} is number ${number}`);
    if (after !== replayed.checksum) throw new JournalLostError(`frame ${sequence} follows another`);
    for (const event of events) fold(replayed.state, event);
    replayed.sequence = sequence;
    replayed.frames = number;
    replayed.checksum = checksum;
  }
  return replayed;
}

function newestSnapshot(frames: readonly Frame[]): SnapshotEvent | undefined {
  for (const { events } of frames.toReversed()) {
    const event = events.findLast(({ type }) => type === "snapshot");
    if (event?.type === "snapshot") return event;
  }
  return undefined;
}

function loadSnapshot(server: Server, snapshot: SnapshotEvent): Replayed {
  const parts: Uint8Array[] = [];
  for (let part = 0; part < snapshot.parts; part++) {
    const data = server.snapshots.get(`${snapshot.number}.${part}`);
    if (data === undefined) throw new JournalLostError(`part ${part} of snapshot ${snapshot.number} is missing`);
    parts.push(data);
  }
  const { state, pages } = decodeSnapshot(parts);
  for (const { first, last } of pages) {
    for (let page = first; page <= last; page++) {
      const data = server.records.messages.get(page);
      if (data !== undefined) restorePage(state, page, indexOfPage(data));
    }
  }
  return { state, sequence: snapshot.through, frames: snapshot.frames, checksum: snapshot.checksum };
}
