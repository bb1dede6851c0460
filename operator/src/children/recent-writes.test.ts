import test from "ava";
import { RecentWrites } from "./recent-writes.ts";

const CONTENT = { replicas: 2 };

function written(before: string | undefined, after: string): RecentWrites {
  const writes = new RecentWrites();
  writes.begin("a", before, CONTENT, 0);
  writes.end("a", after);
  return writes;
}

test("what was written is not written again before the cache shows it", (t) => {
  t.true(written("1", "2").has("a", "1", CONTENT, 10));
  t.true(written(undefined, "1").has("a", undefined, CONTENT, 10));
});

test("other content, another object and another version are", (t) => {
  t.false(written("1", "2").has("a", "1", { replicas: 3 }, 10));
  t.false(written("1", "2").has("b", "1", CONTENT, 10));
  t.false(written("1", "2").has("a", "3", CONTENT, 10));
});

test("what was made and deleted before anybody looked is made again", (t) => {
  const writes = written(undefined, "1");
  writes.forget("a"); // the cache hears that it is there
  writes.forget("a"); // and that it is gone
  t.false(writes.has("a", undefined, CONTENT, 10));
});

test("the same, when the news come before the answer", (t) => {
  const writes = new RecentWrites();
  writes.begin("a", undefined, CONTENT, 0);
  writes.forget("a");
  writes.end("a", "1");
  t.false(writes.has("a", undefined, CONTENT, 10));
});

test("a write that changed nothing has no news to wait for", (t) => {
  t.false(written("1", "1").has("a", "1", CONTENT, 10));
});

test("news that never come are not waited for", (t) => {
  t.true(written(undefined, "1").has("a", undefined, CONTENT, 60_000));
  t.false(written(undefined, "1").has("a", undefined, CONTENT, 60_001));
});
