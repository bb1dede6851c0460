/**
 * A value on its way: an input, a module's result. Its bytes are opaque to everything but the host that made it and the
 * host that reads it.
 */
export type PayloadKind = "json" | "binary";

/** A payload whose bytes travel in the message (up to {@link INLINE_LIMIT}). */
export interface InlinePayload {
  readonly kind: PayloadKind;
  readonly bytes: Uint8Array;
}

/** A payload that was stored in the blob stream before the message that names it (claim check). */
export interface StoredPayload {
  readonly kind: PayloadKind;
  readonly ref: BlobRef;
}

export type Payload = InlinePayload | StoredPayload;

/** Where a stored payload lies: chunks `0 … chunks-1` under one subject each, or a file of the machine that all its readers share. */
export interface BlobRef {
  /** `<job>.<slot>.<random>`: three subject tokens; `slot` is `in` or the index of the module that made it. */
  readonly id: string;
  readonly size: number;
  /** 0: it is a file. */
  readonly chunks: number;
  /** SHA-256 of all bytes, hex. Empty for results that are files, which carry a checksum of their own. */
  readonly sha256: string;
}

/** Bytes up to which a payload travels inline: 32 KiB. Larger ones go through the blob stream. */
export const INLINE_LIMIT = 32 * 1024;

export function isInline(payload: Payload): payload is InlinePayload {
  return "bytes" in payload;
}

/** The bytes that a payload stands for, wherever they are. */
export function payloadSize(payload: Payload): number {
  return isInline(payload) ? payload.bytes.byteLength : payload.ref.size;
}

const NULL_BYTES = new TextEncoder().encode("null");

/** The payload of a module that returned nothing. */
export const NULL_PAYLOAD: InlinePayload = { kind: "json", bytes: NULL_BYTES };
