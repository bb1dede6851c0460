import { actor, put, type SharedRef } from "@troupe/sdk";
import { existsSync } from "node:fs";

/** Is made of a shared object, and keeps references to others without reading them. */
export class Rememberer {
  readonly #model: Float64Array;
  #kept: readonly SharedRef<Float64Array>[] = [];

  constructor(model: Float64Array) {
    this.#model = model;
  }

  length(): number {
    return this.#model.length;
  }

  keep({ refs }: { readonly refs: readonly SharedRef<Float64Array>[] }): void {
    this.#kept = refs;
  }

  kept(): { readonly refs: readonly SharedRef<Float64Array>[] } {
    return { refs: this.#kept };
  }

  async lengthOfKept(): Promise<number> {
    const values = await Promise.all(this.#kept.map(async (ref) => ref.get()));
    return values.reduce((sum, { length }) => sum + length, 0);
  }

  /** Its thread does not come to rest before there is such a file. */
  blockUntil(path: string): void {
    const never = new Int32Array(new SharedArrayBuffer(4));
    while (!existsSync(path)) Atomics.wait(never, 0, 0, 50);
  }
}

export class Maker {
  /** Makes one that outlives it, of what nobody else has. */
  async make(name: string): Promise<void> {
    const model = await put(new Float64Array(1_000));
    await actor(Rememberer, [model], { name, detached: true, maxRestarts: -1 });
  }
}
