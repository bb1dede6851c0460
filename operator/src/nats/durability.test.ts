import test from "ava";
import { durabilityOf, type Durability, type DurabilityFacts } from "./durability.ts";

const NOTHING: DurabilityFacts = { store: "external", sync: null, why: null, replicas: null };

const CASES: readonly (readonly [string, Partial<DurabilityFacts>, Durability])[] = [
  ["the installation's own server", { store: "synced" }, { kind: "synced" }],
  ["the same without a volume", { store: "ephemeral" }, { kind: "ephemeral" }],
  ["another that shows nothing", {}, { kind: "unproven", why: null }],
  ["another that does not answer", { why: "no answer" }, { kind: "unproven", why: "no answer" }],
  ["one that syncs every append", { sync: "always" }, { kind: "synced" }],
  ["three replicas", { replicas: 3 }, { kind: "replicated", replicas: 3 }],
  [
    "three replicas of servers that sync now and then",
    { sync: "later", replicas: 3 },
    { kind: "replicated", replicas: 3 },
  ],
  ["two replicas", { replicas: 2 }, { kind: "unproven", why: null }],
  ["one replica on a server that syncs now and then", { sync: "later", replicas: 1 }, { kind: "not-synced" }],
  ["a server that syncs now and then, and no stream yet", { sync: "later" }, { kind: "unproven", why: null }],
];

for (const [what, facts, expected] of CASES)
  test(`${what}: ${expected.kind}`, (t) => {
    t.deepEqual(durabilityOf({ ...NOTHING, ...facts }), expected);
  });
