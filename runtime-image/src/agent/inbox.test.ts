import test from "ava";
import { NULL_PAYLOAD, type Payload, type Results, type Run } from "@troupe/protocol";
import { Inbox } from "./inbox.ts";

function listening(): { inbox: Inbox; heard: unknown[] } {
  const heard: unknown[] = [];
  const inbox = new Inbox({
    onRun: ({ job, results }, items) =>
      heard.push([job, items === null ? null : [...items], ...results.map(({ module }) => module)]),
    onAck: (what) => heard.push(what),
    onCancel: ({ lease }) => heard.push(lease),
    onRecall: ({ lease }) => heard.push(`recall ${lease}`),
    onBeacon: () => heard.push("beacon"),
    onEpoch: (epoch) => heard.push(epoch),
    onEnd: () => undefined,
  });
  return { inbox, heard };
}

const BEACON = { type: "beacon", owner: "o" } as const;
const payload = (text: string): Payload => ({ kind: "json", bytes: new TextEncoder().encode(text) });

function runOf(items: Run["items"]): Run {
  return {
    type: "run",
    job: "j1",
    lease: "1:1",
    attempt: 1,
    idempotencyKey: "j1:g",
    revision: "r1",
    phase: "process",
    input: NULL_PAYLOAD,
    results: [],
    items,
    alone: false,
    timeLeftMs: null,
  };
}

test("a former owner is not heard", (t) => {
  const { inbox, heard } = listening();
  inbox.receive({ epoch: 3, messages: [BEACON] }, 0);
  inbox.receive({ epoch: 2, messages: [BEACON, { type: "cancel", lease: "2:1", reason: "old" }] }, 0);
  inbox.receive({ epoch: 3, messages: [BEACON] }, 0);
  inbox.receive({ epoch: 4, messages: [BEACON] }, 0);
  t.deepEqual(heard, [3, "beacon", "beacon", 4, "beacon"]);
  t.is(inbox.epoch, 4);
});

test("items are put together in their order, whatever the order of their parts", (t) => {
  const { inbox, heard } = listening();
  const [first, second, third] = [payload("1"), payload("2"), payload("3")];
  const part = { type: "items", lease: "1:1", module: 4 } as const;
  const run = runOf([{ module: 4, count: 3 }]);
  inbox.receive({ epoch: 1, messages: [{ ...part, from: 1, items: [second, third] }] }, 0);
  inbox.receive({ epoch: 1, messages: [{ ...part, from: 0, items: [first] }, run] }, 0);
  t.deepEqual(heard, [1, ["j1", [[4, [first, second, third]]]]]);
});

test("results that came before are put together in the order of their parts, and one that is missing is said", (t) => {
  const { inbox, heard } = listening();
  const run = { ...runOf([]), parts: 2 };
  const part = (index: number, ...modules: number[]): Results => ({
    type: "results",
    lease: "1:1",
    part: index,
    results: modules.map((module) => ({ module, output: payload(String(module)) })),
  });
  inbox.receive({ epoch: 1, messages: [part(1, 7), part(0, 3, 5), run, run] }, 0);
  inbox.receive({ epoch: 1, messages: [part(1, 7), run] }, 0);
  t.deepEqual(heard, [1, ["j1", [], 3, 5, 7], ["j1", null], ["j1", null]]);
});

test("a run whose items are not all there says so", (t) => {
  const { inbox, heard } = listening();
  const part = { type: "items", lease: "1:1", module: 4, from: 1, items: [payload("2")] } as const;
  inbox.receive({ epoch: 1, messages: [part, runOf([{ module: 4, count: 2 }])] }, 0);
  inbox.receive({ epoch: 1, messages: [part] }, 0);
  inbox.sweep(60_001);
  inbox.receive({ epoch: 1, messages: [{ ...part, from: 0 }, runOf([{ module: 4, count: 2 }])] }, 60_001);
  t.deepEqual(heard, [1, ["j1", null], ["j1", null]]);
});
