import test from "ava";
import { readFileSync } from "node:fs";
import { EnvelopeError, PayloadWriter, openEnvelope } from "./envelope.ts";
import { decodeDown, decodeUp, encodeDown, encodeUp, parseSlot } from "./wire.ts";
import type { DownBatch, UpBatch } from "./messages.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const golden = (name: string): Buffer =>
  Buffer.from(readFileSync(new URL(`../golden/${name}.hex`, import.meta.url), "utf8").replaceAll(/\s/g, ""), "hex");

/** Buffers and plain byte arrays alike, as lists of numbers. */
const plain = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (_key, part: unknown) =>
      part instanceof Uint8Array ? [...part] : isBufferJson(part) ? part.data : part,
    ),
  );
const isBufferJson = (part: unknown): part is { data: number[] } =>
  typeof part === "object" && part !== null && "type" in part && part.type === "Buffer";
const headOnly = (head: string): Uint8Array => Buffer.concat([Buffer.from([0, 0, 0, head.length]), Buffer.from(head)]);

const UP: UpBatch = {
  from: { group: "g1", replica: "g1-0", instance: "i7" },
  messages: [
    {
      type: "beat",
      version: 1,
      state: "ready",
      permits: 2,
      templateHash: "h",
      epoch: 3,
      executions: [{ job: "j1", lease: "3:1" }],
    },
    {
      type: "done",
      job: "j1",
      lease: "3:1",
      module: 0,
      output: { kind: "json", bytes: bytes('{"ü":1}') },
      last: false,
      spans: [{ module: 0, startedAt: 1.5, endedAt: 2.25 }],
    },
    {
      type: "done",
      job: "j1",
      lease: "3:1",
      module: 1,
      output: { kind: "binary", bytes: new Uint8Array([0, 255, 10]) },
      last: true,
      spans: [],
    },
    {
      type: "fail",
      job: "j2",
      lease: "3:2",
      module: null,
      failure: { code: "HostExited", message: "exit 3", kind: "retryable" },
      fault: "shared",
      spans: [],
    },
  ],
};

const DOWN: DownBatch = {
  epoch: 3,
  messages: [
    {
      type: "run",
      job: "j1",
      lease: "3:1",
      attempt: 1,
      idempotencyKey: "j1:g1",
      revision: "r1",
      phase: "run",
      input: { kind: "json", bytes: bytes("[1]") },
      results: [
        { module: 4, output: { kind: "binary", ref: { id: "j1.4.x", size: 40_000, chunks: 1, sha256: "00" } } },
      ],
      items: [],
      alone: false,
      timeLeftMs: null,
    },
    { type: "ack", what: [{ lease: "3:0", module: -1 }] },
    { type: "results", lease: "3:2", part: 0, results: [{ module: 2, output: { kind: "json", bytes: bytes("2") } }] },
    { type: "recall", job: "j1", lease: "3:1" },
  ],
};

test("up batches are bound by golden bytes", (t) => {
  const [encoded] = encodeUp(UP, Infinity);
  t.deepEqual(Buffer.from(encoded ?? []), golden("up"));
  t.deepEqual(plain(decodeUp(golden("up"))), plain(UP));
});

test("down batches are bound by golden bytes", (t) => {
  const [encoded] = encodeDown(DOWN, Infinity);
  t.deepEqual(Buffer.from(encoded ?? []), golden("down"));
});

test("what was encoded is decoded", (t) => {
  const up = decodeUp(encodeUp(UP, Infinity)[0] ?? new Uint8Array());
  t.deepEqual(plain(up), plain(UP));
  const down = decodeDown(encodeDown(DOWN, Infinity)[0] ?? new Uint8Array());
  t.deepEqual(plain(down), plain(DOWN));
});

test("a batch is cut where it would get too large, and keeps its order", (t) => {
  const big = { kind: "binary" as const, bytes: new Uint8Array(1000) };
  const messages = [0, 1, 2, 3, 4].map((module) => ({
    type: "done" as const,
    job: "j",
    lease: "1:1",
    module,
    output: big,
    last: false,
    spans: [],
  }));
  const parts = encodeUp({ from: UP.from, messages }, 3_100);
  t.is(parts.length, 3);
  const modules = parts.flatMap((part) =>
    decodeUp(part).messages.map((message) => (message.type === "done" ? message.module : -1)),
  );
  t.deepEqual(modules, [0, 1, 2, 3, 4]);
});

for (const [what, data] of [
  ["nothing", new Uint8Array()],
  ["a head that is longer than the message", new Uint8Array([0, 0, 1, 0, 123])],
  ["a head that is not JSON", new Uint8Array([0, 0, 0, 2, 123, 33])],
  ["payloads that end early", headOnly('{"m":[],"p":[5]}')],
  ["a head without messages", headOnly('{"p":[]}')],
] as const) {
  test(`${what} is refused as an envelope`, (t) => {
    t.throws(() => openEnvelope(data), { instanceOf: EnvelopeError });
  });
}

test("a message of an unknown type is refused by name", (t) => {
  const data = new PayloadWriter().seal({ epoch: 1, messages: [{ type: "explode" }] });
  t.throws(() => decodeDown(data), { instanceOf: EnvelopeError, message: /explode/ });
});

test("a message whose field has another type is refused by its name", (t) => {
  const data = new PayloadWriter().seal({ from: UP.from, messages: [{ type: "back", job: 7, lease: "1:1" }] });
  t.throws(() => decodeUp(data), { instanceOf: EnvelopeError, message: /job is no string/ });
});

test("a slot of a stored payload needs a kind that is known", (t) => {
  t.throws(() => parseSlot({ r: { id: "a", size: 1, chunks: 1, sha256: "" }, k: "xml" }), {
    instanceOf: EnvelopeError,
    message: /xml/,
  });
});
