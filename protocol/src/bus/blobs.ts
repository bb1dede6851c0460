/**
 * Stored payloads: what is above {@link INLINE_LIMIT} is written here before the message that names it (claim check), and read
 * back by Direct Get. Nothing here has a time to live: the owner purges what nothing refers to any more.
 */
import { createHash, randomBytes } from "node:crypto";
import { subjectsOf, streamsOf, type Scope } from "../subjects.ts";
import type { BlobRef, PayloadKind, StoredPayload } from "../payload.ts";
import { appendToStream, JetStreamError, lastMessageOf } from "./jetstream.ts";
import type { Bus } from "./port.ts";

/** Chunks are at most this large, and always below half of the server's `max_payload` (E10). */
const CHUNK_LIMIT = 1024 * 1024;
/** Chunks under way at a time. */
const WINDOW = 4;
const ATTEMPTS = 5;

/** A stored payload is gone or differs from what was written. */
export class BlobError extends Error {
  override readonly name = "BlobError";
}

export class BlobStore {
  readonly #bus: Bus;
  readonly #stream: string;
  readonly #subject: (id: string, chunk: number) => string;

  constructor(bus: Bus, scope: Scope) {
    this.#bus = bus;
    this.#stream = streamsOf(scope).blobs;
    const subjects = subjectsOf(scope);
    this.#subject = (id, chunk) => subjects.blob(id, chunk);
  }

  /** @param target `slot`: `in`, or the index of the module whose output this is. */
  async put(
    target: { readonly job: string; readonly slot: string },
    kind: PayloadKind,
    bytes: Uint8Array,
  ): Promise<StoredPayload> {
    const chunkBytes = Math.min(CHUNK_LIMIT, Math.floor(this.#bus.maxPayload / 2) - 1024);
    const chunks = Math.max(1, Math.ceil(bytes.byteLength / chunkBytes));
    const id = `${target.job}.${target.slot}.${randomBytes(9).toString("base64url")}`;
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    await inWindow(chunks, async (chunk) => {
      await this.#putChunk(this.#subject(id, chunk), bytes.subarray(chunk * chunkBytes, (chunk + 1) * chunkBytes));
    });
    return { kind, ref: { id, size: bytes.byteLength, chunks, sha256 } };
  }

  /** @throws {BlobError} when it is gone or damaged. */
  async get({ ref }: StoredPayload): Promise<Uint8Array> {
    const parts: Uint8Array[] = Array.from({ length: ref.chunks });
    await inWindow(ref.chunks, async (chunk) => {
      parts[chunk] = await this.#getChunk(ref, chunk);
    });
    const [first] = parts;
    const bytes = parts.length === 1 && first !== undefined ? first : Buffer.concat(parts);
    if (createHash("sha256").update(bytes).digest("hex") !== ref.sha256) {
      throw new BlobError(`stored payload ${ref.id} differs from what was written`);
    }
    return bytes;
  }

  /** Writing a chunk again leaves a second copy under the same subject; the last one counts, and both are purged together. */
  async #putChunk(subject: string, bytes: Uint8Array): Promise<void> {
    await again(async () => appendToStream(this.#bus, subject, bytes));
  }

  async #getChunk(ref: BlobRef, chunk: number): Promise<Uint8Array> {
    const message = await again(async () => lastMessageOf(this.#bus, this.#stream, this.#subject(ref.id, chunk)));
    if (message === null) throw new BlobError(`stored payload ${ref.id} is gone (chunk ${chunk} of ${ref.chunks})`);
    return message.data;
  }
}

/** NATS may be restarting: try again for a few seconds, but never what the server itself refused. */
async function again<T>(attempt: () => Promise<T>): Promise<T> {
  for (let failures = 1; ; failures++) {
    try {
      return await attempt();
    } catch (error) {
      if (error instanceof JetStreamError || failures >= ATTEMPTS) throw error;
      await new Promise((resolve) => setTimeout(resolve, 200 * failures));
    }
  }
}

async function inWindow(count: number, work: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: Math.min(WINDOW, count) }, lane));
}
