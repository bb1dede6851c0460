import test from "ava";
import type { JsonObject } from "@troupe/model";
import { overlay } from "./overlay.ts";

const CASES: readonly (readonly [string, JsonObject, JsonObject, JsonObject])[] = [
  ["a field that is new", { a: 1 }, { b: 2 }, { a: 1, b: 2 }],
  ["a field that is there", { a: 1 }, { a: 2 }, { a: 2 }],
  ["a mapping, field by field", { a: { b: 1, c: 2 } }, { a: { c: 3 } }, { a: { b: 1, c: 3 } }],
  ["a mapping over a value", { a: 1 }, { a: { b: 2 } }, { a: { b: 2 } }],
  ["null", { a: { b: 1 } }, { a: null }, { a: null }],
  ["a list without names, as a whole", { args: ["a", "b"] }, { args: ["c"] }, { args: ["c"] }],
  [
    "containers by name, in their places, new ones behind",
    { containers: [{ name: "a", image: "1" }, { name: "b" }] },
    { containers: [{ name: "c" }, { name: "a", tty: true }] },
    { containers: [{ name: "a", image: "1", tty: true }, { name: "b" }, { name: "c" }] },
  ],
  [
    "the environment of a container",
    { containers: [{ name: "a", env: [{ name: "X", value: "1" }] }] },
    { containers: [{ name: "a", env: [{ name: "Y", value: "2" }] }] },
    {
      containers: [
        {
          name: "a",
          env: [
            { name: "X", value: "1" },
            { name: "Y", value: "2" },
          ],
        },
      ],
    },
  ],
  [
    "volumeMounts by path, ports by number",
    { volumeMounts: [{ mountPath: "/a", name: "a" }], ports: [{ containerPort: 1, name: "a" }] },
    { volumeMounts: [{ mountPath: "/a", subPath: "b" }], ports: [{ containerPort: 2 }] },
    {
      volumeMounts: [{ mountPath: "/a", name: "a", subPath: "b" }],
      ports: [{ containerPort: 1, name: "a" }, { containerPort: 2 }],
    },
  ],
  [
    "items without the key that tells them apart are never the same",
    { volumes: [{ emptyDir: {} }] },
    { volumes: [{ emptyDir: {} }] },
    { volumes: [{ emptyDir: {} }, { emptyDir: {} }] },
  ],
  [
    "tolerations, which have no such key, as a whole",
    { tolerations: [{ key: "a" }] },
    { tolerations: [] },
    { tolerations: [] },
  ],
];

for (const [what, base, over, expected] of CASES)
  test(`laid over: ${what}`, (t) => {
    const before = structuredClone({ base, over });
    t.deepEqual(overlay(base, over), expected);
    t.deepEqual({ base, over }, before, "nothing that was given is changed");
  });
