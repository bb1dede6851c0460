/** The kinds of typed arrays, by the names under which they travel. */
export const VIEWS = {
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
};

export type ViewName = keyof typeof VIEWS;

/** @returns undefined for what is no typed array, such as a `DataView`. */
export function viewNameOf(value: object): ViewName | undefined {
  return Object.keys(VIEWS).find((name): name is ViewName => value instanceof Reflect.get(VIEWS, name));
}
