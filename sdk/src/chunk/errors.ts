/** An element of a chunked map failed. `cause` is what the function threw, or why its worker died. */
export class ChunkElementError extends Error {
  override readonly name = "ChunkElementError";
  readonly code = "ChunkElementFailed";
  /** Its position in the parameters, from 0. */
  readonly index: number;

  constructor(index: number, total: number, cause: unknown) {
    super(`element ${index} of ${total} failed: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.index = index;
  }
}

/** What was asked of `chunk` or `Chunker` makes no sense. Nothing has been started. */
export class ChunkUsageError extends Error {
  override readonly name = "ChunkUsageError";
  readonly code = "ChunkUsage";
}
