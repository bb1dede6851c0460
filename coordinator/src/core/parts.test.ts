import test from "ava";
import type { Payload } from "@troupe/protocol";
import { Table, beatOf, doneOf, graphFrom, speaker } from "../../sim/owner-fixture.ts";

const sources = ["a", "b", "c", "d"];
const graph = graphFrom([...sources.map((name) => `${name}@g1`), `e@g2<${sources.join()}`]);
const [g1, g2] = [speaker("g1", "g1-0"), speaker("g2", "g2-0")];

const payload = (bytes: number): Payload => ({ kind: "binary", bytes: new Uint8Array(bytes) });

/** A job whose four results of 100 bytes each are there; the last of them has `last` bytes. */
function fannedIn(settings: { partBytes?: number; maxMessageBytes?: number }, last = 100): Table {
  const table = new Table(graph, settings);
  table.hear(g1, beatOf(graph, "g1"));
  table.hear(g2, beatOf(graph, "g2"));
  table.submit("j");
  const [run = { job: "", lease: "" }] = table.runs();
  for (const module of sources.keys()) {
    const isLast = module === sources.length - 1;
    table.hear(g1, { ...doneOf(run, module, isLast), output: payload(isLast ? last : 100) });
  }
  table.commit();
  return table;
}

test("results that fit into one message travel in the run", (t) => {
  const [run] = fannedIn({}).runs();
  t.deepEqual(
    run?.results.map(({ module }) => module),
    [0, 1, 2, 3],
  );
  t.is(run?.parts, undefined);
});

test("results that are too many for one message travel before the run, in numbered parts", (t) => {
  const said = fannedIn({ partBytes: 250 }).said();
  const parts = said.flatMap(({ message }) => (message.type === "results" ? [message] : []));
  t.deepEqual(
    parts.map(({ part, results }) => [part, results.map(({ module }) => module)]),
    [
      [0, [0, 1]],
      [1, [2, 3]],
    ],
  );
  const run = said.at(-1)?.message;
  if (run?.type !== "run") {
    t.fail("the run comes last");
    return;
  }
  t.deepEqual([run.parts, run.results], [2, []]);
  t.deepEqual(new Set(parts.map(({ lease }) => lease)), new Set([run.lease]));
});

test("a result that no message can carry fails its job, and the owner goes on", (t) => {
  const table = fannedIn({ maxMessageBytes: 250 }, 300);
  table.commit();
  const end = table.job("j")?.end;
  t.is(end?.state === "failed" ? end.error.code : undefined, "EncodingFailed");
  t.regex(
    end?.state === "failed" ? end.error.message : "",
    /a result that group g2 needs is 300 bytes, .* carries 250/,
  );
  table.submit("next");
  t.is(table.runs()[0]?.job, "next");
});
