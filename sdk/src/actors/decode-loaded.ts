/** Decodes values whose classes and functions may have to be loaded first. */
import type { CodeRef } from "@troupe/protocol";
import type { CodeLoader } from "./load-code.ts";
import { decodeValues, type ValueHooks } from "./value-codec.ts";

/** Thrown by hooks when code is not loaded yet. */
export class NeedsCode extends Error {
  override readonly name = "NeedsCode";
  readonly ref: CodeRef;

  constructor(ref: CodeRef) {
    super(`the code of "${ref.name}" is not loaded yet`);
    this.ref = ref;
  }
}

export function decodeLoaded(bytes: Uint8Array, hooks: ValueHooks, loader: CodeLoader): unknown[] | Promise<unknown[]> {
  try {
    return decodeValues(bytes, hooks);
  } catch (error) {
    if (!(error instanceof NeedsCode)) throw error;
    return loader.load(error.ref).then(() => decodeLoaded(bytes, hooks, loader));
  }
}
