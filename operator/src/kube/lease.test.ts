import test from "ava";
import { type Lease } from "./builtin.ts";
import { freeInMs, newLease, released, renewed, sight, taken } from "./lease.ts";
import { type Stored } from "./object.ts";

const KEY = { namespace: "n", name: "leader" };

function stored(lease: Lease): Stored<Lease> {
  return { ...lease, metadata: { ...KEY, uid: "u", resourceVersion: "1", creationTimestamp: "" } };
}

test("a lease is free once its record has been seen unchanged for its duration, whatever its times say", (t) => {
  const longAgo = stored(newLease(KEY, "a", 15_000, 0));
  const first = sight(undefined, longAgo, 1_000);
  t.is(freeInMs(longAgo, first, "b", 1_000), 15_000, "it was seen only now");
  t.is(freeInMs(longAgo, sight(first, longAgo, 9_000), "b", 9_000), 7_000);
  t.is(freeInMs(longAgo, sight(first, longAgo, 16_000), "b", 16_000), 0);
  const again = renewed(longAgo, 5);
  t.is(freeInMs(again, sight(first, again, 15_999), "b", 15_999), 15_000, "a renewal begins it anew");
});

test("what is ours, or was given up, is free at once; a transition is counted when it changes hands", (t) => {
  const ours = stored(newLease(KEY, "a", 15_000, 0));
  t.is(freeInMs(ours, sight(undefined, ours, 0), "a", 0), 0);
  const free = released(ours, 7);
  t.is(freeInMs(free, sight(undefined, free, 0), "b", 0), 0);
  t.like(taken(free, "b", 2_500, Date.UTC(2026, 0, 2)).spec, {
    holderIdentity: "b",
    leaseDurationSeconds: 3,
    leaseTransitions: 1,
    acquireTime: "2026-01-02T00:00:00.000000Z",
    renewTime: "2026-01-02T00:00:00.000000Z",
  });
  t.is(taken(ours, "a", 15_000, 0).spec?.leaseTransitions, 0);
});
