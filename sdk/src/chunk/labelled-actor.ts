/** The actor of chunked maps: it holds a function and runs it on what it is given. Classes of the user's own may extend it. */
import { remember } from "../actors/code.ts";

export type ChunkFunction = (...args: never[]) => unknown;

/** Which element a call is about, and with which function. */
export interface Label {
  /** The element's position. */
  readonly index: number;
  /** The actor's position. */
  readonly slot: number;
  /** Names the function that is meant; null: whatever the actor holds. */
  readonly stamp: string | null;
}

/** An actor that was made anew holds what its constructor was given, which may not be the function that it was told to run since. */
export class StaleFunctionError extends Error {
  override readonly name = "StaleFunctionError";
  readonly code = "StaleFunction";
}

export class LabelledActor<F extends ChunkFunction = ChunkFunction> {
  #func: F | undefined;
  #stamp: string | null;

  constructor(func?: F, stamp: string | null = null) {
    this.#func = func;
    this.#stamp = stamp;
  }

  /** @returns the label with what the function returned for `args`. @throws what the function throws; {@link StaleFunctionError} */
  async run(label: Label, ...args: Parameters<F>): Promise<readonly [Label, Awaited<ReturnType<F>>]> {
    if (label.stamp !== null && label.stamp !== this.#stamp)
      throw new StaleFunctionError("the actor holds another function than the one that is meant");
    return [label, (await Reflect.apply(this.getFunc(), undefined, args)) as Awaited<ReturnType<F>>];
  }

  /** Replaces the function, from the next `run` on. */
  async setFunc(func: F, stamp: string | null = null): Promise<void> {
    this.#func = func;
    this.#stamp = stamp;
  }

  /** @throws when it was given none */
  getFunc(): F {
    if (this.#func === undefined)
      throw new Error("the actor holds no function: give one to its constructor, to chunk() or to setFunc()");
    return this.#func;
  }
}

remember(LabelledActor, { kind: "sdk", name: "LabelledActor" });
