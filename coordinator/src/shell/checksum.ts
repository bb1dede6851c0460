/** A CRC-32 behind every frame, snapshot part and page: what is damaged is refused, never guessed. */
import { crc32 } from "node:zlib";

const BYTES = 4;

export class DamagedError extends Error {
  override readonly name = "DamagedError";
}

export function sealed(data: Uint8Array): Uint8Array {
  const out = Buffer.allocUnsafe(data.byteLength + BYTES);
  out.set(data);
  out.writeUInt32BE(crc32(data), data.byteLength);
  return out;
}

/** The checksum that stands behind what was sealed. */
export function checksumOf(data: Uint8Array): number {
  return new DataView(data.buffer, data.byteOffset, data.byteLength).getUint32(data.byteLength - BYTES);
}

/** @throws {DamagedError} when the bytes are not what was sealed. */
export function unsealed(data: Uint8Array, what: string): Uint8Array {
  const body = data.subarray(0, Math.max(0, data.byteLength - BYTES));
  if (data.byteLength < BYTES || checksumOf(data) !== crc32(body)) {
    throw new DamagedError(`${what} is damaged: its checksum does not match`);
  }
  return body;
}
