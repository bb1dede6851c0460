/** What is counted of payloads, so that what is kept of them stays bounded (E10). */
import { isInline, type Payload } from "@troupe/protocol";

export function inlineBytes(payload: Payload): number {
  return isInline(payload) ? payload.bytes.byteLength : 0;
}

/** An item of an aggregate beside its payload, about. */
const ITEM_BYTES = 200;

export function itemBytes(payload: Payload): number {
  return ITEM_BYTES + inlineBytes(payload);
}
