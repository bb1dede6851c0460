/**
 * 1,797 handwritten digits, 8 × 8 pixels each: the test set of "Optical Recognition of Handwritten Digits" (E. Alpaydin and C. Kaynak, UCI
 * Machine Learning Repository, CC BY 4.0). A line of the file is 64 pixels from 0 to 16 and the digit that was meant.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";

export const PIXELS = 64;
/** Bytes of an image with its digit. */
export const ROW = PIXELS + 1;
const DIGITS = 10;

/** All images, one after another, `ROW` bytes each. */
export function readDigits(): Uint8Array {
  const text = gunzipSync(readFileSync(join(import.meta.dirname, "digits.csv.gz"))).toString();
  return Uint8Array.from(text.trim().split(/[\n,]/).map(Number));
}

/** Cuts the images into parts of nearly the same size, none of them copied. */
export function shardsOf(images: Uint8Array, count: number): Uint8Array[] {
  const rows = images.length / ROW;
  return Array.from({ length: count }, (_, shard) => {
    const [from, to] = [shard, shard + 1].map((at) => Math.floor((at * rows) / count) * ROW);
    return images.subarray(from, to);
  });
}

/** The mean image of each digit, one after another. */
export function train(images: Uint8Array): Float64Array {
  const model = new Float64Array(DIGITS * PIXELS);
  const seen = new Float64Array(DIGITS);
  for (let row = 0; row < images.length; row += ROW) {
    const digit = images[row + PIXELS] ?? 0;
    seen[digit] = (seen[digit] ?? 0) + 1;
    for (let at = 0; at < PIXELS; at++) {
      const place = digit * PIXELS + at;
      model[place] = (model[place] ?? 0) + (images[row + at] ?? 0);
    }
  }
  return model.map((sum, at) => sum / (seen[Math.floor(at / PIXELS)] ?? 1));
}

/** What became of a shard. */
export interface Prediction {
  readonly images: number;
  /** How many were taken for what their writers meant. */
  readonly right: number;
  /** The sum of all digits that they were taken for. */
  readonly sum: number;
}

export function predict(model: Float64Array, shard: Uint8Array): Prediction {
  let [right, sum] = [0, 0];
  for (let row = 0; row < shard.length; row += ROW) {
    const digit = nearest(model, shard.subarray(row, row + PIXELS));
    if (digit === shard[row + PIXELS]) right++;
    sum += digit;
  }
  return { images: shard.length / ROW, right, sum };
}

/** The digit whose mean image differs least. */
function nearest(model: Float64Array, image: Uint8Array): number {
  const distances = Array.from({ length: DIGITS }, (_, digit) =>
    image.reduce((sum, pixel, at) => sum + (pixel - (model[digit * PIXELS + at] ?? 0)) ** 2, 0),
  );
  return distances.indexOf(Math.min(...distances));
}

export class Predictor {
  readonly #model: Float64Array;

  constructor(model: Float64Array) {
    this.#model = model;
  }

  predict(shard: Uint8Array): Prediction {
    return predict(this.#model, shard);
  }
}
