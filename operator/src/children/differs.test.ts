import test from "ava";
import { differs } from "./differs.ts";

const SAME: readonly (readonly [string, unknown, unknown])[] = [
  ["the same", { a: 1, b: ["x"] }, { a: 1, b: ["x"] }],
  ["what the server adds", { a: { b: 1 } }, { a: { b: 1, c: 2 }, d: 3 }],
  [
    "another spelling of a quantity",
    { cpu: "0.5", memory: "1024Mi", gpu: 1 },
    { cpu: "500m", memory: "1Gi", gpu: "1" },
  ],
  [
    "named items in another order, with others between",
    [{ name: "a", v: 1 }, { name: "b" }],
    [{ name: "b", w: 1 }, { name: "x" }, { name: "a", v: 1 }],
  ],
  ["an empty mapping that the server dropped", { a: {} }, {}],
  ["a field that is not set", { a: undefined }, { a: 1 }],
];

const OTHER: readonly (readonly [string, unknown, unknown])[] = [
  ["another value", { a: 1 }, { a: 2 }],
  ["a missing field", { a: { b: 1 } }, { a: {} }],
  ["a missing item", [{ name: "a" }, { name: "b" }], [{ name: "a" }]],
  ["a longer plain list", ["a"], ["a", "b"]],
  ["another order of plain items", ["a", "b"], ["b", "a"]],
  ["another quantity", "1Gi", "1G"],
  ["nothing there", { a: 1 }, undefined],
];

for (const [what, wanted, observed] of SAME) test(`no difference: ${what}`, (t) => t.false(differs(wanted, observed)));
for (const [what, wanted, observed] of OTHER) test(`a difference: ${what}`, (t) => t.true(differs(wanted, observed)));
