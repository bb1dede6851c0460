import test from "ava";
import { freeVariables } from "./free-variables.ts";

const CASES: readonly (readonly [source: string, free: readonly string[]])[] = [
  ["(a, { b, c: [d] }, ...e) => a + b + d + e", []],
  ["(x) => x.count + { count: x, x }.count + outer", ["outer"]],
  ["function f(n) { return n < 2 ? n : f(n - 1) + g(n); }", ["g"]],
  ["class A extends B { #p = q; m() { return this.#p + A.s; } static s = 1; }", ["B", "q"]],
  ["async () => { for (const x of xs) { let y = x; await z(y); } }", ["xs", "z"]],
  ["() => { try { throw e1; } catch (e2) { return e2; } }", ["e1"]],
  ["() => { label: for (;;) break label; }", []],
  ["() => `${name} of ${this.kind}`", ["name"]],
  ["() => { var v = 1; function inner() { return v + arguments.length; } return inner() + late; const late = 2; }", []],
];

for (const [source, free] of CASES) {
  test(`${source}: ${free.join(", ") || "nothing"}`, (t) => {
    t.deepEqual([...freeVariables(source)], [...free]);
  });
}
