import type { ActorInfo } from "@troupe/sdk";
import test from "ava";
import { actorsTable } from "./get-actors.ts";

const COUNTER: ActorInfo = {
  id: "a1",
  name: "visits",
  className: "Counter",
  status: "alive",
  incarnation: 2,
  replica: "local-0",
  parent: { kind: "client", id: "c" },
  detached: true,
  restarts: 1,
  maxTaskRetries: 0,
  claim: { cpus: 0, gpus: 0 },
  death: null,
  waitsFor: null,
  facts: { queued: 3, running: [{ method: "increment", forMs: 5 }], done: 1, failed: 0, blockedMs: 2_100, pid: 1 },
};

test("who lives, what they do, and how those ended that did", (t) => {
  const parent = { kind: "actor", id: "a1", incarnation: 2 } as const;
  const death = { code: "ParentEnded", message: "Counter has ended" } as const;
  const child: ActorInfo = {
    ...COUNTER,
    id: "b2",
    name: null,
    status: "dead",
    parent,
    detached: false,
    facts: null,
    death,
  };
  t.is(
    actorsTable([COUNTER, child]),
    [
      "ACTOR   CLASS    STATUS  LIFE  QUEUED  RUNNING    RESTARTS  PARENT     NOTE",
      "visits  Counter  alive   2     3       increment  1         (program)  detached, blocks its thread for 2 s",
      "b2      Counter  dead    2     0       -          1         a1         ParentEnded: Counter has ended",
      "",
    ].join("\n"),
  );
  t.is(actorsTable([]), "No actors.\n");
});
