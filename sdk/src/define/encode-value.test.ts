import test from "ava";
import { decodeValue, encodeValue } from "./encode-value.ts";
import { ResultNotEncodable } from "./errors.ts";

const roundTrip = (value: unknown): unknown => decodeValue(encodeValue(value));

test("JSON comes back as it went, and nothing as null", (t) => {
  for (const value of [null, true, 0, -1.5, "", "ü€😀", [], {}, { a: [1, { b: null }], "c d": "e" }])
    t.deepEqual(roundTrip(value), value);
  t.is(roundTrip(undefined), null);
});

test("what JSON does by itself stays as it is", (t) => {
  t.deepEqual(roundTrip({ at: new Date(0), gone: undefined, list: [undefined] }), {
    at: "1970-01-01T00:00:00.000Z",
    list: [null],
  });
  class Point {
    x = 1;
    toJSON(): unknown {
      return { x: this.x, y: 2 };
    }
  }
  t.deepEqual(roundTrip({ point: new Point() }), { point: { x: 1, y: 2 } });
  t.is(roundTrip({ toJSON: () => undefined }), null);
  const shared = { a: 1 };
  t.deepEqual(roundTrip([shared, shared]), [{ a: 1 }, { a: 1 }], "the same object twice is no cycle");
});

test("bytes of every kind travel as bytes, copied", (t) => {
  const bytes = new Uint8Array([1, 2, 3, 4]);
  for (const value of [
    bytes,
    Buffer.from(bytes),
    bytes.buffer,
    new Uint16Array(bytes.buffer),
    new DataView(bytes.buffer),
  ]) {
    t.deepEqual(roundTrip(value), new Uint8Array([1, 2, 3, 4]));
  }
  t.deepEqual(roundTrip(bytes.subarray(1, 3)), new Uint8Array([2, 3]));
  const encoded = encodeValue(bytes);
  bytes[0] = 9;
  t.deepEqual(decodeValue(encoded), new Uint8Array([1, 2, 3, 4]));
});

const cycle: { self?: unknown } = {};
cycle.self = [cycle];

const refused: readonly (readonly [string, unknown, RegExp])[] = [
  ["a BigInt", { a: [{ n: 1n }] }, /^result\.a\[0\]\.n is a BigInt: return it as a string/],
  ["a function", { "not an identifier": () => 1 }, /^result\["not an identifier"\] is a function/],
  ["a function alone", () => 1, /^result is a function/],
  ["a symbol", [Symbol("s")], /^result\[0\] is a symbol/],
  ["NaN", { mean: NaN }, /^result\.mean is NaN: JSON has no such number/],
  ["Infinity", [-Infinity], /^result\[0\] is -Infinity/],
  ["a Map", { map: new Map([["a", 1]]) }, /^result\.map is a Map: return Object\.fromEntries/],
  ["a Set", new Set([1]), /^result is a Set: return \[\.\.\.set\]/],
  ["an Error", [new Error("e")], /^result\[0\] is an Error/],
  ["a promise", { later: Promise.resolve(1) }, /^result\.later is a Promise: await it/],
  ["bytes inside", { image: new Uint8Array(2) }, /^result\.image is binary: bytes can only be a whole result/],
  ["a cycle", cycle, /^result\.self\[0\] is a reference to an object that contains it/],
];

for (const [what, value, message] of refused) {
  test(`${what} is refused, with its place and the cure`, (t) => {
    t.throws(() => encodeValue(value), { instanceOf: ResultNotEncodable, message });
  });
}

test("deep values are fine", (t) => {
  let deep: unknown = "bottom";
  for (let depth = 0; depth < 500; depth++) deep = [deep];
  t.deepEqual(roundTrip(deep), deep);
});
