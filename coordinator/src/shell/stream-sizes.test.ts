import test from "ava";
import { DEFAULT_STREAM_BYTES, firstSize, nextSize, streamSizes } from "./stream-sizes.ts";

const MEBI = 1024 * 1024;

test("the bytes of a pipeline are shared among its streams", (t) => {
  t.deepEqual(streamSizes(DEFAULT_STREAM_BYTES), {
    journal: 512 * MEBI,
    snapshots: 1_024 * MEBI,
    records: 1_024 * MEBI,
    blobs: 4_096 * MEBI,
  });
});

test("a stream begins with an eighth, but with 16 MiB at least, unless it may never have them", (t) => {
  t.is(firstSize(4_096 * MEBI), 512 * MEBI);
  t.is(firstSize(64 * MEBI), 16 * MEBI);
  t.is(firstSize(MEBI), MEBI);
});

test("it is doubled when two fifths are full, up to its limit", (t) => {
  const limit = 100;
  t.is(nextSize({ bytes: 16, maxBytes: 40 }, limit), undefined);
  t.is(nextSize({ bytes: 17, maxBytes: 40 }, limit), 80);
  t.is(nextSize({ bytes: 60, maxBytes: 80 }, limit), 100);
  t.is(nextSize({ bytes: 99, maxBytes: 100 }, limit), undefined);
  t.is(nextSize({ bytes: 99, maxBytes: -1 }, limit), undefined, "a stream without a limit needs none");
});

test("it is doubled while it is smaller than what is wanted, up to its limit", (t) => {
  t.is(nextSize({ bytes: 0, maxBytes: 40 }, 200, 100), 80);
  t.is(nextSize({ bytes: 0, maxBytes: 160 }, 200, 1_000), 200);
  t.is(nextSize({ bytes: 0, maxBytes: 200 }, 200, 1_000), undefined);
  t.is(nextSize({ bytes: 0, maxBytes: 100 }, 200, 100), undefined);
});
