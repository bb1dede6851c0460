import type { EncodedValue } from "@troupe/sdk";
import type { HostPayload } from "./protocol.ts";

/** Text longer than this travels as transferred bytes: one encoding and no copy. In UTF-16 units. */
const TEXT_LIMIT = 32 * 1024;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A result on its way to the agent, and the memory that may move with it. */
export function toHostPayload(encoded: EncodedValue): { readonly payload: HostPayload; readonly memory?: ArrayBuffer } {
  if (encoded.kind === "binary") return { payload: encoded.bytes, ...movable(encoded.bytes) };
  if (encoded.text.length <= TEXT_LIMIT) return { payload: encoded.text };
  const json = encoder.encode(encoded.text);
  return { payload: { json }, ...movable(json) };
}

function movable({ buffer, byteLength }: Uint8Array): { memory?: ArrayBuffer } {
  return byteLength > TEXT_LIMIT && buffer instanceof ArrayBuffer ? { memory: buffer } : {};
}

/** What came in, still encoded, so that every module can decode a copy of its own. */
export function fromHostPayload(payload: HostPayload): EncodedValue {
  if (typeof payload === "string") return { kind: "json", text: payload };
  if (payload instanceof Uint8Array) return { kind: "binary", bytes: payload };
  return { kind: "json", text: decoder.decode(payload.json) };
}
