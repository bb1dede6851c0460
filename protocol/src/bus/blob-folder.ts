/**
 * Stored payloads as files, for processes that share a machine: written and synced before the event that names them, read back from the
 * page cache. A file ends in a CRC-32 of what is before it, so that what is torn or damaged is refused.
 */
import { hash } from "node:crypto";
import { close, fsync, mkdir, open, read, readdir, stat, unlink, writev } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

const files = {
  close: promisify(close),
  fsync: promisify(fsync),
  mkdir: promisify(mkdir),
  open: promisify(open),
  readdir: promisify(readdir),
  stat: promisify(stat),
  unlink: promisify(unlink),
};

const CHECKSUM_BYTES = 4;

export class BlobFolder {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /** @param id as in `BlobRef.id`, its first token the job. */
  async write(id: string, bytes: Uint8Array): Promise<void> {
    const shard = this.#shardOf(jobOf(id));
    const file = await this.#create(shard, id);
    try {
      await writeAll(file, [bytes, await checksumOf(bytes)]);
      await files.fsync(file);
    } finally {
      await files.close(file);
    }
    await syncFolder(shard);
  }

  /**
   * @returns undefined when there is no such file.
   * @throws {Error} when it is not as long as it was, or differs from what was written.
   */
  async read(id: string, size: number): Promise<Uint8Array | undefined> {
    const file = await unlessMissing(files.open(join(this.#shardOf(jobOf(id)), id), "r"));
    if (file === undefined) return undefined;
    const bytes = new Uint8Array(size);
    const checksum = new Uint8Array(CHECKSUM_BYTES);
    try {
      await readAll(file, bytes, 0);
      await readAll(file, checksum, size);
    } finally {
      await files.close(file);
    }
    if (Buffer.compare(checksum, await checksumOf(bytes)) !== 0) throw new Error("its checksum does not match");
    return bytes;
  }

  /** Removes a file; with a job's id, all that is stored for the job. */
  async remove(id: string): Promise<void> {
    const job = jobOf(id);
    const shard = this.#shardOf(job);
    const names = id === job ? ((await unlessMissing(files.readdir(shard))) ?? []) : [id];
    const removed = names.filter((name) => jobOf(name) === job);
    await Promise.all(removed.map(async (name) => unlessMissing(files.unlink(join(shard, name)))));
  }

  /** Removes files that nobody needs, which were written before a moment in Unix milliseconds. @returns how many */
  async sweep(isNeeded: (id: string) => boolean, before: number): Promise<number> {
    let swept = 0;
    for (const shard of (await unlessMissing(files.readdir(this.#path))) ?? []) {
      for (const name of await files.readdir(join(this.#path, shard))) {
        const path = join(this.#path, shard, name);
        if (isNeeded(name) || ((await unlessMissing(files.stat(path)))?.mtimeMs ?? Infinity) >= before) continue;
        await unlessMissing(files.unlink(path));
        swept++;
      }
    }
    return swept;
  }

  /** All files of a job lie in one folder of a few, so that they are found again among those of many. */
  #shardOf(job: string): string {
    return join(this.#path, hash("sha1", job, "hex").slice(0, 2));
  }

  async #create(shard: string, id: string): Promise<number> {
    const path = join(shard, id);
    const file = await unlessMissing(files.open(path, "wx"));
    if (file !== undefined) return file;
    await files.mkdir(shard, { recursive: true });
    await syncFolder(this.#path);
    return files.open(path, "wx");
  }
}

function jobOf(id: string): string {
  return id.split(".", 1)[0] ?? "";
}

/** Loaded with the first file: whoever stores none need not carry it. */
async function checksumOf(bytes: Uint8Array): Promise<Uint8Array> {
  const { crc32 } = await import("node:zlib");
  const checksum = new Uint8Array(CHECKSUM_BYTES);
  new DataView(checksum.buffer).setUint32(0, crc32(bytes));
  return checksum;
}

/** A file is there after a power failure when its folder was synced as well. */
async function syncFolder(path: string): Promise<void> {
  const folder = await files.open(path, "r");
  try {
    await files.fsync(folder);
  } finally {
    await files.close(folder);
  }
}

async function unlessMissing<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}

function writeAll(file: number, parts: readonly Uint8Array[]): Promise<void> {
  const total = parts.reduce((sum, { byteLength }) => sum + byteLength, 0);
  return new Promise((resolve, reject) => {
    writev(file, parts, (error, written) => {
      if (error !== null) reject(error);
      else if (written === total) resolve();
      else reject(new Error(`only ${written} of ${total} bytes were written`));
    });
  });
}

function readAll(file: number, into: Uint8Array, position: number): Promise<void> {
  return new Promise((resolve, reject) => {
    read(file, into, 0, into.byteLength, position, (error, count) => {
      if (error !== null) reject(error);
      else if (count === into.byteLength) resolve();
      else reject(new Error(`it ends at ${position + count} of ${position + into.byteLength} bytes`));
    });
  });
}
