import type { CallBatch } from "@troupe/protocol";
import test from "ava";
import { Mailbox } from "./mailbox.ts";

const batchOf = (caller: string, n: number): CallBatch => ({
  caller,
  session: 1,
  calls: [{ n, method: "f", args: { kind: "binary", bytes: new Uint8Array(0) } }],
  seen: [],
  cancelled: [],
});

const STORED = {
  kind: "returned",
  value: { kind: "binary", ref: { id: "a@1.result.x", size: 1_000_000, chunks: 1, sha256: "" } },
} as const;

test("who is not heard of for long is forgotten, and what was kept for it is told, so that it can be removed", (t) => {
  const mailbox = new Mailbox({ limit: 10, concurrency: 10 });
  mailbox.receive(batchOf("gone", 1), 0);
  mailbox.receive(batchOf("works", 1), 0);
  const [first] = mailbox.begin();
  mailbox.end(first?.key ?? 0, STORED);
  const limits = { silentMs: 10, goneMs: 100 };
  t.deepEqual(mailbox.forget(100, limits), [], "it may only have been slow");
  t.deepEqual(mailbox.forget(101, limits), [{ caller: "gone", outcomes: [STORED] }]);
  t.deepEqual(mailbox.forget(1_000, limits), [], "a call that runs keeps its caller");
});
