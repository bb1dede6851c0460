/**
 * Values that lie once on a machine, for many processes: put once, passed as a reference, read once by every process.
 *
 * On the laptop the bytes are a file in memory (`/dev/shm`). Every process that holds a reference holds a hard link of its own to it: the
 * kernel counts them, and the memory is free when the last one has gone. A process that dies without having let go is cleaned up after.
 *
 * On a cluster the bytes lie in NATS, and in a file of each replica whose actors have asked for them: its nursery brings them there once, and
 * every process reads that. Programs and actors tell the registry which ones they hold; what nobody holds any more is removed.
 */
import { BlobError, blobIdOf, type BlobStore, type StoredPayload } from "@troupe/protocol";
import { randomBytes } from "node:crypto";
import { linkSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { threadId } from "node:worker_threads";
import { NotSendableError } from "./errors.ts";
import { viewNameOf, VIEWS, type ViewName } from "./views.ts";

/** How the bytes are to be read: as one block of memory, or as an encoded value. */
type Shape = "value" | "ArrayBuffer" | ViewName;

/** A reference that was sent is held for so long at least, whatever becomes of it here. */
const ON_ITS_WAY_MS = 60_000;

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
  /** Says what is held here of what lies in NATS: all of it, by the ids of the payloads. Called when that changes. */
  readonly tellHolds: (objects: readonly string[]) => void;
  /** Brings what lies in NATS into a file of this replica, once for all its actors; null: into none. Absent: there is no such place. */
  readonly bring?: ((payload: StoredPayload) => Promise<string | null>) | undefined;
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

  /** Until it is released as often. @throws {NotSendableError} when it was released already. */
  hold({ id }: SharedData): void {
    const held = this.#held.get(id);
    if (held === undefined) throw gone();
    held.count++;
  }

  /** It is on its way to another process, which needs a moment to take hold of it. */
  sent(data: SharedData): void {
    this.hold(data);
    setTimeout(() => {
      this.release(data.id);
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
    for (const { link } of this.#held.values()) if (link !== null) rmSync(link, { force: true });
    this.#held.clear();
  }

  #letGo({ link, stored }: Held): void {
    if (link !== null) rmSync(link, { force: true });
    if (stored !== null) this.#tellHolds();
  }

  /** At once: whoever passed a reference on to us may let go of it as soon as we have answered. */
  #tellHolds(): void {
    this.#parts.tellHolds([...this.#held.values()].flatMap((held) => held.stored ?? []));
  }

  #bytesOf(value: unknown): { shape: Shape; bytes: Uint8Array } {
    if (value instanceof ArrayBuffer || value instanceof SharedArrayBuffer)
      return { shape: "ArrayBuffer", bytes: new Uint8Array(value) };
    const shape = ArrayBuffer.isView(value) ? viewNameOf(value) : undefined;
    if (shape === undefined || !ArrayBuffer.isView(value)) return { shape: "value", bytes: this.#parts.encode(value) };
    return { shape, bytes: new Uint8Array(value.buffer, value.byteOffset, value.byteLength) };
  }

  async #write(id: string, shape: Shape, bytes: Uint8Array): Promise<SharedData> {
    const { folder } = this.#parts;
    if (folder === undefined) return this.#store(id, shape, bytes);
    // Ours from the beginning: its name says whose link it is.
    const path = join(folder, this.#linkName(id));
    writeFileSync(path, bytes);
    this.#held.set(id, { count: 0, link: path, stored: null, value: undefined });
    return { id, bytes: bytes.byteLength, shape, place: { kind: "file", path } };
  }

  /** Held before it is there: what nobody holds is removed. */
  async #store(id: string, shape: Shape, bytes: Uint8Array): Promise<SharedData> {
    const { blobs, caller } = this.#parts;
    const target = { job: caller, slot: "shared", name: id };
    this.#held.set(id, { count: 0, link: null, stored: blobIdOf(target), value: undefined });
    this.#tellHolds();
    try {
      const payload = await blobs.put(target, "binary", bytes);
      return { id, bytes: bytes.byteLength, shape, place: { kind: "stored", payload } };
    } catch (error) {
      this.#held.delete(id);
      this.#tellHolds();
      throw error;
    }
  }

  #linkName(id: string): string {
    return `${id}.${process.pid}.${threadId}`;
  }

  /** Whoever sent it holds it until we have answered, so it is there; when we begin anew, by the link of another one. */
  #hold({ id, place }: SharedData): string | null {
    const { folder } = this.#parts;
    if (place.kind === "stored" || folder === undefined) return null;
    const link = join(folder, this.#linkName(id));
    try {
      linkSync(place.path, link);
    } catch (cause) {
      const other = readdirSync(folder).find((name) => name.startsWith(`${id}.`));
      if (other === undefined) throw gone(cause);
      linkSync(join(folder, other), link);
    }
    return link;
  }

  async #load({ bytes, shape, place }: SharedData, link: string | null): Promise<unknown> {
    if (place.kind === "file") return this.#shaped(await readShared(link ?? place.path, bytes), shape);
    const near = await this.#near(place.payload);
    return this.#shaped(near ?? (await this.#fetch(place.payload)), shape);
  }

  /** From the file that this replica has of it; undefined: it has none. */
  async #near(payload: StoredPayload): Promise<Uint8Array | undefined> {
    const path = await this.#parts.bring?.(payload);
    if (path === undefined || path === null) return undefined;
    try {
      return await readShared(path, payload.ref.size);
    } catch (error) {
      // Released here meanwhile, or its disk fails: NATS has it, or says that it is gone.
      process.stderr.write(`a shared object is read from NATS, not from its replica's file: ${String(error)}\n`);
      return undefined;
    }
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

/** Into memory that threads of this process share without a copy. */
async function readShared(path: string, bytes: number): Promise<Uint8Array> {
  await using file = await open(path, "r");
  const memory = new Uint8Array(new SharedArrayBuffer(bytes));
  for (let at = 0; at < bytes;) {
    const { bytesRead } = await file.read(memory, at, bytes - at, at);
    if (bytesRead === 0) throw gone();
    at += bytesRead;
  }
  return memory;
}

function gone(cause?: unknown): NotSendableError {
  const found = cause instanceof BlobError ? ` (${cause.message})` : "";
  return new NotSendableError(
    `the shared object is gone${found}: nobody held a reference to it any more. Keep the reference that put() returned as long as others may need it`,
    { cause },
  );
}
