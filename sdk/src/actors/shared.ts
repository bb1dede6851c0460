/**
 * Values that lie once on a machine, for many processes: put once, passed as a reference, read once by every process.
 *
 * On the laptop the bytes are a file in memory (`/dev/shm`). Every process that holds a reference holds a hard link of its own to it: the
 * kernel counts them, and the memory is free when the last one has gone. A process that dies without having let go is cleaned up after.
 *
 * On a cluster the bytes lie in NATS. Every program and actor tells the registry which ones it holds; what nobody holds any more is removed.
 */
import { BlobError, type BlobStore, type StoredPayload } from "@troupe/protocol";
import { randomBytes } from "node:crypto";
import { linkSync, rmSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { threadId } from "node:worker_threads";
import { NotSendableError } from "./errors.ts";
import { viewNameOf, VIEWS, type ViewName } from "./views.ts";

/** How the bytes are to be read: as one block of memory, or as an encoded value. */
type Shape = "value" | "ArrayBuffer" | ViewName;

/** A reference that was sent is held for so long at least, whatever becomes of it here. */
const ON_ITS_WAY_MS = 60_000;

/** What is held in NATS is told again this often: a new owner of the registry knows nothing of it. */
const TELL_HOLDS_MS = 5_000;

/** Where a shared object lies, as it travels. */
export interface SharedData {
  readonly id: string;
  readonly bytes: number;
  readonly shape: Shape;
  readonly place:
    { readonly kind: "file"; readonly path: string } | { readonly kind: "stored"; readonly payload: StoredPayload };
}

export const SHARED: unique symbol = Symbol.for("troupe.shared") as never;

/** What a store needs of its thread. */
export interface SharedParts {
  readonly blobs: BlobStore;
  readonly caller: string;
  /** The machine's folder of shared objects; undefined: there is none, and they are stored in NATS. */
  readonly folder: string | undefined;
  /** Says what is held here of what lies in NATS: all of it, by the ids of the payloads. */
  readonly tellHolds: (objects: readonly string[]) => void;
  encode(value: unknown): Uint8Array;
  decode(bytes: Uint8Array): unknown;
}

/**
 * A reference to a shared object. Given to a method or task as an argument of its own, it arrives as the value; within other values it stays
 * a reference, and `get()` reads it. Released with `release()`, when it is no longer reachable, or with its process.
 */
export class SharedRef<T> {
  readonly [SHARED]: SharedData;
  readonly #store: SharedStore;
  #isReleased = false;

  constructor(store: SharedStore, data: SharedData) {
    this[SHARED] = data;
    this.#store = store;
  }

  /** Size of what is shared. */
  get bytes(): number {
    return this[SHARED].bytes;
  }

  /** The value; read when this process asks for the first time, and the same object from then on. */
  async get(): Promise<T> {
    if (this.#isReleased) throw new NotSendableError("this reference was released in this process");
    return (await this.#store.read(this[SHARED])) as T;
  }

  /** This process no longer needs it. The memory is free when nobody does. Idempotent. */
  release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.#store.release(this[SHARED].id);
  }

  [Symbol.dispose](): void {
    this.release();
  }
}

export function sharedDataOf(value: object): SharedData | undefined {
  return SHARED in value ? (value as { readonly [SHARED]: SharedData })[SHARED] : undefined;
}

interface Held {
  /** References in this thread. */
  count: number;
  /** Our link to the file; null: it is stored in NATS. */
  readonly link: string | null;
  /** Id of its payload in NATS; null: it is a file. */
  readonly stored: string | null;
  value: Promise<unknown> | undefined;
}

export class SharedStore {
  readonly #parts: SharedParts;
  readonly #held = new Map<string, Held>();
  #telling: NodeJS.Timeout | undefined;
  readonly #unreachable = new FinalizationRegistry<string>((id) => {
    this.release(id);
  });

  constructor(parts: SharedParts) {
    this.#parts = parts;
  }

  async put<T>(value: T): Promise<SharedRef<T>> {
    const { shape, bytes } = this.#bytesOf(value);
    const id = randomBytes(12).toString("base64url");
    const data = await this.#write(id, shape, bytes);
    return this.refTo<T>(data);
  }

  /** It is on its way to another process, which needs a moment to take hold of it. */
  sent({ id }: SharedData): void {
    const held = this.#held.get(id);
    if (held === undefined) throw gone();
    held.count++;
    setTimeout(() => {
      this.release(id);
    }, ON_ITS_WAY_MS).unref();
  }

  /** A reference in this thread to what lies somewhere. @throws {NotSendableError} when it was released already. */
  refTo<T>(data: SharedData): SharedRef<T> {
    const held = this.#held.get(data.id);
    if (held === undefined) this.#take(data);
    else held.count++;
    const ref = new SharedRef<T>(this, data);
    this.#unreachable.register(ref, data.id);
    return ref;
  }

  #take(data: SharedData): void {
    const stored = data.place.kind === "stored" ? data.place.payload.ref.id : null;
    this.#held.set(data.id, { count: 1, link: this.#hold(data), stored, value: undefined });
    if (stored !== null) this.#tellHolds();
  }

  async read(data: SharedData): Promise<unknown> {
    const held = this.#held.get(data.id);
    if (held === undefined) throw gone();
    held.value ??= this.#load(data, held.link);
    return held.value;
  }

  release(id: string): void {
    const held = this.#held.get(id);
    if (held === undefined || --held.count > 0) return;
    this.#held.delete(id);
    this.#letGo(held);
  }

  /** What lies in NATS is let go of when the registry knows that this program or actor has ended. */
  close(): void {
    clearInterval(this.#telling);
    for (const { link } of this.#held.values()) if (link !== null) rmSync(link, { force: true });
    this.#held.clear();
  }

  #letGo({ link, stored }: Held): void {
    if (link !== null) rmSync(link, { force: true });
    if (stored !== null) this.#tellHolds();
  }

  /** At once: whoever passed a reference on to us may let go of it as soon as we have answered. */
  #tellHolds(): void {
    const stored = [...this.#held.values()].flatMap((held) => held.stored ?? []);
    this.#parts.tellHolds(stored);
    clearInterval(this.#telling);
    if (stored.length === 0) return;
    this.#telling = setInterval(() => {
      this.#parts.tellHolds(stored);
    }, TELL_HOLDS_MS);
    this.#telling.unref();
  }

  #bytesOf(value: unknown): { shape: Shape; bytes: Uint8Array } {
    if (value instanceof ArrayBuffer || value instanceof SharedArrayBuffer)
      return { shape: "ArrayBuffer", bytes: new Uint8Array(value) };
    const shape = ArrayBuffer.isView(value) ? viewNameOf(value) : undefined;
    if (shape === undefined || !ArrayBuffer.isView(value)) return { shape: "value", bytes: this.#parts.encode(value) };
    return { shape, bytes: new Uint8Array(value.buffer, value.byteOffset, value.byteLength) };
  }

  async #write(id: string, shape: Shape, bytes: Uint8Array): Promise<SharedData> {
    const { folder, blobs, caller } = this.#parts;
    if (folder === undefined) {
      const payload = await blobs.put({ job: caller, slot: "shared" }, "binary", bytes);
      return { id, bytes: bytes.byteLength, shape, place: { kind: "stored", payload } };
    }
    // Ours from the beginning: its name says whose link it is.
    const path = join(folder, this.#linkName(id));
    writeFileSync(path, bytes);
    this.#held.set(id, { count: 0, link: path, stored: null, value: undefined });
    return { id, bytes: bytes.byteLength, shape, place: { kind: "file", path } };
  }

  #linkName(id: string): string {
    return `${id}.${process.pid}.${threadId}`;
  }

  /** Whoever sent it holds it until we have answered, so it is there. */
  #hold({ id, place }: SharedData): string | null {
    const { folder } = this.#parts;
    if (place.kind === "stored" || folder === undefined) return null;
    const link = join(folder, this.#linkName(id));
    try {
      linkSync(place.path, link);
    } catch (cause) {
      throw gone(cause);
    }
    return link;
  }

  async #load({ bytes, shape, place }: SharedData, link: string | null): Promise<unknown> {
    if (place.kind === "stored") return this.#shaped(await this.#fetch(place.payload), shape);
    await using file = await open(link ?? place.path, "r");
    // Memory that threads of this process share without a copy.
    const memory = new Uint8Array(new SharedArrayBuffer(bytes));
    for (let at = 0; at < bytes;) {
      const { bytesRead } = await file.read(memory, at, bytes - at, at);
      if (bytesRead === 0) throw gone();
      at += bytesRead;
    }
    return this.#shaped(memory, shape);
  }

  async #fetch(payload: StoredPayload): Promise<Uint8Array> {
    try {
      return await this.#parts.blobs.get(payload);
    } catch (cause) {
      throw cause instanceof BlobError ? gone(cause) : cause;
    }
  }

  #shaped(bytes: Uint8Array, shape: Shape): unknown {
    if (shape === "value") return this.#parts.decode(bytes);
    const aligned = bytes.byteOffset % 8 === 0 ? bytes : new Uint8Array(bytes);
    if (shape === "ArrayBuffer") return aligned.buffer;
    const View = VIEWS[shape];
    return Reflect.construct(View, [aligned.buffer, aligned.byteOffset, aligned.byteLength / View.BYTES_PER_ELEMENT]);
  }
}

function gone(cause?: unknown): NotSendableError {
  return new NotSendableError(
    "the shared object is gone: nobody held a reference to it any more. Keep the reference that put() returned as long as others may need it",
    { cause },
  );
}
