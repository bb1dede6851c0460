/**
 * Shared objects that lie in NATS, as files of this replica: brought once, and read by every actor that asks. A file is there for as long as
 * one of the replica's actors holds the object. One process brings and removes them all, and so nobody waits for somebody who died.
 */
import { isBlobId, type StoredPayload } from "@troupe/protocol";
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";

export interface ObjectFilesOptions {
  /** Nobody else writes to it. What lies there is of a former life, and removed. */
  readonly folder: string;
  /** What all files together may take. */
  readonly limitBytes: number;
  /** All of an object in order, from NATS. */
  readonly read: (payload: StoredPayload) => AsyncIterable<Uint8Array>;
  /** An object gets no file: every actor reads it from NATS. */
  readonly onRefused: (object: string, why: string) => void;
}

interface ObjectFile {
  readonly bytes: number;
  /** Null: it could not be brought. */
  readonly brought: Promise<string | null>;
}

/** Stands for one process. */
export type Holder = object;

export class ObjectFiles {
  readonly #options: ObjectFilesOptions;
  /** By the ids of their payloads. */
  readonly #files = new Map<string, ObjectFile>();
  readonly #held = new Map<Holder, ReadonlySet<string>>();
  /** What got no file since there was less in the folder: each is said once. */
  readonly #refused = new Set<string>();
  #next = 1;
  #fetched = 0;

  /** @throws when the folder cannot be made or emptied. */
  constructor(options: ObjectFilesOptions) {
    this.#options = options;
    const { folder } = options;
    mkdirSync(folder, { recursive: true });
    for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true, force: true });
  }

  /** Objects that were brought, ever. */
  get fetched(): number {
    return this.#fetched;
  }

  /** What the files take, those included that are on their way. */
  get bytes(): number {
    return [...this.#files.values()].reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** @returns the path of a file with all of it, there for as long as somebody holds it; null when there is none. */
  async bring(payload: StoredPayload): Promise<string | null> {
    const { id, size } = payload.ref;
    const known = this.#files.get(id);
    if (known !== undefined) return known.brought;
    if (!isBlobId(id) || !this.#isHeld(id)) return null;
    const { limitBytes } = this.#options;
    if (this.bytes + size > limitBytes) {
      this.#refuse(id, `the files of shared objects would take more than ${limitBytes} bytes with its ${size}`);
      return null;
    }
    const file: ObjectFile = { bytes: size, brought: this.#bring(payload) };
    this.#files.set(id, file);
    if ((await file.brought) === null && this.#files.get(id) === file) this.#files.delete(id);
    return file.brought;
  }

  /** @param objects all that it holds now, by the ids of their payloads */
  holds(holder: Holder, objects: readonly string[]): void {
    if (objects.length === 0) this.#held.delete(holder);
    else this.#held.set(holder, new Set(objects));
    for (const id of this.#files.keys()) if (!this.#isHeld(id)) this.#remove(id);
  }

  /** The process is gone, and holds nothing any more. */
  ended(holder: Holder): void {
    this.holds(holder, []);
  }

  #isHeld(id: string): boolean {
    return [...this.#held.values()].some((held) => held.has(id));
  }

  async #bring(payload: StoredPayload): Promise<string | null> {
    const { folder, read } = this.#options;
    const path = join(folder, `${payload.ref.id}.${this.#next++}`);
    try {
      await using file = await open(path, "w");
      for await (const piece of read(payload)) await file.writeFile(piece);
      this.#fetched++;
      return path;
    } catch (error) {
      rmSync(path, { force: true });
      this.#refuse(payload.ref.id, error instanceof Error ? error.message : String(error));
      return null;
    }
  }

  #remove(id: string): void {
    const file = this.#files.get(id);
    this.#files.delete(id);
    this.#refused.clear(); // there is room again
    // On its way, it goes when it has come.
    void file?.brought.then((path) => {
      if (path !== null) rmSync(path, { force: true });
    });
  }

  #refuse(id: string, why: string): void {
    if (this.#refused.has(id)) return;
    this.#refused.add(id);
    this.#options.onRefused(id, why);
  }
}
