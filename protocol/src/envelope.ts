/**
 * The envelope of every internal message and journal frame: a JSON head, and payload bytes behind it that nobody on the way
 * has to parse.
 *
 *     u32 big-endian: length of the head | head, UTF-8 JSON | payload bytes, one after another
 *
 * The head is `{"m": <messages>, "p": [<length>, …]}`. A message refers to inline payload number i as `{"j": i}` (JSON) or
 * `{"b": i}` (binary), and to a stored payload as `{"r": <BlobRef>, "k": <kind>}`. The layout is bound by the golden bytes
 * in `golden/`, which every language's codec must reproduce.
 */
import { type BlobRef, type Payload, type PayloadKind, isInline } from "./payload.ts";

/** A payload as it stands in a head. */
export type PayloadSlot =
  { readonly j: number } | { readonly b: number } | { readonly r: BlobRef; readonly k: PayloadKind };

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Collects payloads while a head is being built, and gives each its slot. */
export class PayloadWriter {
  readonly #bytes: Uint8Array[] = [];
  readonly #lengths: number[] = [];
  #total = 0;

  add(payload: Payload): PayloadSlot {
    if (!isInline(payload)) return { r: payload.ref, k: payload.kind };
    const index = this.#lengths.length;
    this.#bytes.push(payload.bytes);
    this.#lengths.push(payload.bytes.byteLength);
    this.#total += payload.bytes.byteLength;
    return payload.kind === "json" ? { j: index } : { b: index };
  }

  /** Bytes of all inline payloads so far. */
  get size(): number {
    return this.#total;
  }

  /** The whole envelope around `messages`, whose slots came from this writer. */
  seal(messages: unknown): Uint8Array {
    return this.prepare(messages).seal();
  }

  /** The same, to be put together later; whatever becomes of `messages` meanwhile. Nothing may be added any more. */
  prepare(messages: unknown): PreparedEnvelope {
    const head = JSON.stringify({ m: messages, p: this.#lengths });
    const headBytes = Buffer.byteLength(head);
    const size = 4 + headBytes + this.#total;
    return { size, seal: () => sealed({ head, headBytes, size, payloads: this.#bytes }) };
  }
}

/** An envelope that is decided upon, and does not take its memory yet: its payloads are those that it was given, and not copied. */
export interface PreparedEnvelope {
  /** Bytes of the whole. */
  readonly size: number;
  seal(): Uint8Array;
}

interface Parts {
  readonly head: string;
  readonly headBytes: number;
  readonly size: number;
  readonly payloads: readonly Uint8Array[];
}

function sealed({ head, headBytes, size, payloads }: Parts): Uint8Array {
  const out = new Uint8Array(size);
  new DataView(out.buffer).setUint32(0, headBytes);
  encoder.encodeInto(head, out.subarray(4));
  let at = 4 + headBytes;
  for (const bytes of payloads) {
    out.set(bytes, at);
    at += bytes.byteLength;
  }
  return out;
}

/** Reads the payloads of an opened envelope. The views share the envelope's memory. */
export class PayloadReader {
  readonly #parts: readonly Uint8Array[];

  constructor(parts: readonly Uint8Array[]) {
    this.#parts = parts;
  }

  get(slot: PayloadSlot): Payload {
    if ("r" in slot) return { kind: slot.k, ref: slot.r };
    const [kind, index] = "j" in slot ? (["json", slot.j] as const) : (["binary", slot.b] as const);
    const bytes = this.#parts[index];
    if (bytes === undefined) throw new EnvelopeError(`payload ${index} is missing`);
    return { kind, bytes };
  }
}

/** Bytes that are not an envelope: truncated, damaged, or of another protocol. */
export class EnvelopeError extends Error {
  override readonly name = "EnvelopeError";
}

export interface OpenedEnvelope {
  readonly messages: unknown;
  readonly payloads: PayloadReader;
}

/** @throws {EnvelopeError} when the bytes are not a whole envelope. */
export function openEnvelope(data: Uint8Array): OpenedEnvelope {
  if (data.byteLength < 4) throw new EnvelopeError(`only ${data.byteLength} bytes`);
  const headLength = new DataView(data.buffer, data.byteOffset, 4).getUint32(0);
  if (4 + headLength > data.byteLength)
    throw new EnvelopeError(`head of ${headLength} bytes in a message of ${data.byteLength}`);
  const head = parseHead(data.subarray(4, 4 + headLength));
  const parts: Uint8Array[] = [];
  let at = 4 + headLength;
  for (const length of head.p) {
    parts.push(data.subarray(at, at + length));
    at += length;
  }
  if (at !== data.byteLength) throw new EnvelopeError(`payloads end at ${at}, the message at ${data.byteLength}`);
  return { messages: head.m, payloads: new PayloadReader(parts) };
}

function parseHead(bytes: Uint8Array): { m: unknown; p: number[] } {
  let head: unknown;
  try {
    head = JSON.parse(decoder.decode(bytes));
  } catch (cause) {
    throw new EnvelopeError("the head is not JSON", { cause });
  }
  if (!isHead(head)) throw new EnvelopeError("the head has no messages or no payload lengths");
  return head;
}

function isHead(head: unknown): head is { m: unknown; p: number[] } {
  return (
    typeof head === "object" &&
    head !== null &&
    "m" in head &&
    "p" in head &&
    Array.isArray(head.p) &&
    head.p.every((length) => Number.isSafeInteger(length) && length >= 0)
  );
}
