/**
 * Stored payloads: what is above {@link INLINE_LIMIT} is written here before the message that names it (claim check), and read
 * back by Direct Get. Nothing here has a time to live: the owner purges what nothing refers to any more.
 *
 * Where all processes of a pipeline share a machine, what passes between replicas alone lies in a folder and not in the stream.
 */
import { createHash, hash, randomBytes } from "node:crypto";
import { subjectsOf, streamsOf, type Scope, type Subjects } from "../subjects.ts";
import type { BlobRef, PayloadKind, StoredPayload } from "../payload.ts";
import type { BlobFolder } from "./blob-folder.ts";
import { appendToStream, lastMessageOf, purgeStream } from "./jetstream.ts";
import type { Bus } from "./port.ts";
import { Way } from "./way.ts";

/** Chunks are at most this large, and always below half of the server's `max_payload` (E10). */
const CHUNK_LIMIT = 1024 * 1024;

/** A stored payload could not be written, is gone, or differs from what was written. */
export class BlobError extends Error {
  override readonly name = "BlobError";
}

export interface BlobTarget {
  readonly job: string;
  /** `in`, or the index of the module whose output this is. */
  readonly slot: string;
  /** `replicas`: nobody else reads it, so that it may lie in the folder. Default `anybody`. */
  readonly readers?: "replicas" | "anybody";
  /** Last token of its id, for who has to name it before it is stored. Default: a random one, as this has to be. */
  readonly name?: string;
}

/** The id of what is put under a target with a name. */
export function blobIdOf({ job, slot, name }: Required<Pick<BlobTarget, "job" | "slot" | "name">>): string {
  return `${job}.${slot}.${name}`;
}

/** Where a payload may lie. */
export type BlobPlace = "stream" | "folder";

export class BlobStore {
  readonly #bus: Bus;
  readonly #stream: string;
  readonly #subjects: Subjects;
  readonly #folder: BlobFolder | undefined;

  /** @param folder one that all replicas of the pipeline, its coordinators and this process share; undefined: there is none. */
  constructor(bus: Bus, scope: Scope, folder?: BlobFolder) {
    this.#bus = bus;
    this.#stream = streamsOf(scope).blobs;
    this.#subjects = subjectsOf(scope);
    this.#folder = folder;
  }

  /** @throws {BlobError | JetStreamError} when there is no room for it, among other things. */
  async put(target: BlobTarget, kind: PayloadKind, bytes: Uint8Array): Promise<StoredPayload> {
    const id = blobIdOf({ ...target, name: target.name ?? randomBytes(9).toString("base64url") });
    const size = bytes.byteLength;
    if (this.#folder !== undefined && target.readers === "replicas") {
      await this.#folder.write(id, bytes).catch((error: unknown) => {
        throw new BlobError(`payload ${id} of ${size} bytes could not be written: ${reasonOf(error)}`, {
          cause: error,
        });
      });
      // What makes two inputs the same is told by the digest of one (E1); the file has a checksum of its own.
      return { kind, ref: { id, size, chunks: 0, sha256: target.slot === "in" ? hash("sha256", bytes) : "" } };
    }
    const chunkBytes = Math.min(CHUNK_LIMIT, Math.floor(this.#bus.maxPayload / 2) - 1024);
    const chunks = Math.max(1, Math.ceil(size / chunkBytes));
    const way = new Way(this.#bus);
    await way.all(chunks, async (chunk) => {
      const part = bytes.subarray(chunk * chunkBytes, (chunk + 1) * chunkBytes);
      await this.#putChunk(way, this.#subjects.blob(id, chunk), part);
    });
    return { kind, ref: { id, size, chunks, sha256: hash("sha256", bytes) } };
  }

  /** @throws {BlobError} when it is gone or damaged. */
  async get({ ref }: StoredPayload): Promise<Uint8Array> {
    return placeOf(ref) === "folder" ? this.#read(ref) : this.#fetch(ref);
  }

  /**
   * What lies in the stream, piece by piece in order, for who need not have all of it in memory.
   * @throws {BlobError} when it is gone; or, after the last piece, when it is damaged.
   */
  async *pieces({ ref }: StoredPayload): AsyncGenerator<Uint8Array, void, void> {
    const digest = createHash("sha256");
    const way = new Way(this.#bus);
    const ahead: Promise<Uint8Array>[] = [];
    for (let next = 0, chunk = 0; chunk < ref.chunks; chunk++) {
      for (; next < ref.chunks && ahead.length < way.room; next++) {
        const piece = this.#getChunk(way, ref, next);
        piece.catch(() => undefined); // heard when its turn comes, if it comes
        ahead.push(piece);
      }
      const piece = await ahead.shift();
      if (piece === undefined) break;
      digest.update(piece);
      yield piece;
    }
    if (digest.digest("hex") !== ref.sha256) throw damaged(ref);
  }

  /** Removes a stored payload. @param id `BlobRef.id`; a job's id stands for all that is stored for it. @param place default: both. */
  async purge(id: string, place?: BlobPlace): Promise<void> {
    if (place !== "stream") await this.#folder?.remove(id);
    if (place !== "folder") await purgeStream(this.#bus, this.#stream, { subject: this.#subjects.chunks(id) });
  }

  async #read({ id, size }: BlobRef): Promise<Uint8Array> {
    if (this.#folder === undefined)
      throw new BlobError(`stored payload ${id} lies in a folder of the machine whose replicas use it`);
    const bytes = await this.#folder.read(id, size).catch((error: unknown) => {
      throw new BlobError(`stored payload ${id} cannot be read: ${reasonOf(error)}`, { cause: error });
    });
    if (bytes === undefined) throw new BlobError(`stored payload ${id} is gone`);
    return bytes;
  }

  async #fetch(ref: BlobRef): Promise<Uint8Array> {
    const parts: Uint8Array[] = Array.from({ length: ref.chunks });
    const way = new Way(this.#bus);
    await way.all(ref.chunks, async (chunk) => {
      parts[chunk] = await this.#getChunk(way, ref, chunk);
    });
    const [first] = parts;
    const bytes = parts.length === 1 && first !== undefined ? first : Buffer.concat(parts);
    if (hash("sha256", bytes) !== ref.sha256) throw damaged(ref);
    return bytes;
  }

  /** Writing a chunk again leaves a second copy under the same subject; the last one counts, and both are purged together. */
  async #putChunk(way: Way, subject: string, bytes: Uint8Array): Promise<void> {
    await way.carry(async (timeoutMs) => appendToStream(this.#bus, subject, bytes, { timeoutMs }));
  }

  async #getChunk(way: Way, ref: BlobRef, chunk: number): Promise<Uint8Array> {
    const subject = this.#subjects.blob(ref.id, chunk);
    const message = await way.carry(async (timeoutMs) => lastMessageOf(this.#bus, this.#stream, subject, timeoutMs));
    if (message === null) throw new BlobError(`stored payload ${ref.id} is gone (chunk ${chunk} of ${ref.chunks})`);
    return message.data;
  }
}

function damaged({ id }: BlobRef): BlobError {
  return new BlobError(`stored payload ${id} differs from what was written`);
}

/** A file has no chunks. */
export function placeOf({ chunks }: BlobRef): BlobPlace {
  return chunks === 0 ? "folder" : "stream";
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
