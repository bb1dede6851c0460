import type { StoredPayload } from "@troupe/protocol";
import test, { type ExecutionContext } from "ava";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ObjectFiles } from "./object-files.ts";

const [A, B] = [{}, {}];

interface Bench {
  readonly folder: string;
  readonly files: ObjectFiles;
  /** Payloads that were read, in order. */
  readonly reads: string[];
  readonly refused: string[];
}

function object(name: string, size = 10): StoredPayload {
  return { kind: "binary", ref: { id: `c.shared.${name}`, size, chunks: 1, sha256: "" } };
}

/** @param pieces what is read of an object; default: as many bytes as it has, in two pieces. */
function bench(t: ExecutionContext, pieces?: (payload: StoredPayload) => AsyncIterable<Uint8Array>): Bench {
  const folder = mkdtempSync(join(tmpdir(), "troupe-test-"));
  t.teardown(() => {
    rmSync(folder, { recursive: true });
  });
  writeFileSync(join(folder, "of-a-former-life"), "");
  const reads: string[] = [];
  const refused: string[] = [];
  const halves = async function* ({ ref }: StoredPayload): AsyncGenerator<Uint8Array> {
    await Promise.resolve();
    for (let half = 0; half < 2; half++) yield new Uint8Array(ref.size / 2).fill(half);
  };
  const files = new ObjectFiles({
    folder,
    limitBytes: 100,
    read: (payload) => {
      reads.push(payload.ref.id);
      return (pieces ?? halves)(payload);
    },
    onRefused: (id, why) => refused.push(`${id}: ${why}`),
  });
  return { folder, files, reads, refused };
}

test("an object is read once for all who ask, and is there until the last has let go of it or has ended", async (t) => {
  const { folder, files, reads } = bench(t);
  t.deepEqual(readdirSync(folder), [], "a former life is over");
  const x = object("x");
  for (const holder of [A, B]) files.holds(holder, [x.ref.id]);
  const [path, same] = await Promise.all([files.bring(x), files.bring(x)]);
  t.is(await files.bring(x), path);
  t.is(same, path);
  t.deepEqual(readFileSync(path ?? ""), Buffer.from([0, 0, 0, 0, 0, 1, 1, 1, 1, 1]));
  t.deepEqual([reads.length, files.fetched, files.bytes], [1, 1, 10]);
  files.holds(A, []);
  t.true(existsSync(path ?? ""));
  files.ended(B);
  await Promise.resolve();
  t.deepEqual([readdirSync(folder), files.bytes], [[], 0]);
  t.is(await files.bring(x), null, "nobody holds it");
});

test("what is let go of on its way does not stay, and comes whole when somebody asks again meanwhile", async (t) => {
  const { promise: gate, resolve: open } = Promise.withResolvers<undefined>();
  const { folder, files } = bench(t, async function* () {
    yield new Uint8Array(5);
    await gate;
    yield new Uint8Array(5);
  });
  const x = object("x");
  files.holds(A, [x.ref.id]);
  const first = files.bring(x);
  files.holds(A, []);
  files.holds(B, [x.ref.id]);
  const second = files.bring(x);
  open(undefined);
  await first;
  const path = await second;
  t.is(readFileSync(path ?? "").length, 10);
  t.is(readdirSync(folder).length, 1);
});

test("what does not fit gets no file, which is said once; there is room again when another one goes", async (t) => {
  const { files, refused } = bench(t);
  const [large, small] = [object("large", 80), object("small", 30)];
  files.holds(A, [large.ref.id, small.ref.id]);
  t.not(await files.bring(large), null);
  t.deepEqual(await Promise.all([files.bring(small), files.bring(small)]), [null, null]);
  t.is(refused.length, 1);
  t.regex(refused[0] ?? "", /c\.shared\.small: .* more than 100 bytes with its 30/);
  files.holds(A, [small.ref.id]);
  t.not(await files.bring(small), null);
});

test("what cannot be read leaves nothing, is said, and is tried again when somebody asks again", async (t) => {
  let isThere = false;
  const { folder, files, refused, reads } = bench(t, async function* () {
    await Promise.resolve();
    yield new Uint8Array(5);
    if (!isThere) throw new Error("the disk is full");
  });
  const x = object("x");
  files.holds(A, [x.ref.id]);
  t.is(await files.bring(x), null);
  t.deepEqual([readdirSync(folder), files.bytes, files.fetched], [[], 0, 0]);
  t.deepEqual(refused, ["c.shared.x: the disk is full"]);
  isThere = true;
  t.not(await files.bring(x), null);
  t.is(reads.length, 2);
});
