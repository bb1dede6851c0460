import test from "ava";
import { configMaps, type ConfigMap } from "./builtin.ts";
import { KubeError } from "./error.ts";
import { linesOf, readWatch, type WatchEvent } from "./watch-event.ts";

async function* pieces(text: string, size: number): AsyncGenerator<string> {
  for (let at = 0; at < text.length; at += size) yield text.slice(at, at + size);
}

async function read(text: string): Promise<WatchEvent<ConfigMap>[]> {
  const events: WatchEvent<ConfigMap>[] = [];
  for await (const event of readWatch(configMaps, pieces(text, 1000))) events.push(event);
  return events;
}

const METADATA = { name: "a", uid: "u", resourceVersion: "7" };

test("lines come whole, wherever the network cuts; one that was cut off is none", async (t) => {
  const text = 'one\ntwo – zwei\n\n{"three":3}\nfou';
  for (let size = 1; size <= text.length; size++) {
    const lines: string[] = [];
    for await (const line of linesOf(pieces(text, size))) lines.push(line);
    t.deepEqual(lines, ["one", "two – zwei", '{"three":3}'], `in pieces of ${size}`);
  }
});

test("events and bookmarks are read, an error is thrown as what it says", async (t) => {
  const lines = [
    { type: "ADDED", object: { metadata: METADATA } },
    { type: "BOOKMARK", object: { metadata: { resourceVersion: "9", creationTimestamp: null } } },
  ];
  const [added, bookmark] = await read(lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  t.deepEqual(added, { type: "added", object: { apiVersion: "v1", kind: "ConfigMap", metadata: METADATA } });
  t.deepEqual(bookmark, { type: "bookmark", resourceVersion: "9" });
  const status = { kind: "Status", code: 410, reason: "Expired", message: "too old resource version: 1 (5)" };
  const error = await t.throwsAsync(read(`${JSON.stringify({ type: "ERROR", object: status })}\n`), {
    instanceOf: KubeError,
  });
  t.true(error.isExpired);
  t.is(error.message, "watch of configmaps: 410 Expired: too old resource version: 1 (5)");
});

test("what is no event is refused, not skipped", async (t) => {
  const bad = [
    "nonsense",
    "3",
    '{"type":"GUESSED","object":{}}',
    '{"type":"ADDED","object":{"metadata":{"name":"a"}}}',
  ];
  for (const line of bad) await t.throwsAsync(read(`${line}\n`), undefined, line);
});
