/** What a coordinator holds of payloads in memory follows what is open, and not what has ended (E10). */
import test from "ava";
import { isInline } from "@troupe/protocol";
import { PayloadTotal } from "../../../coordinator/src/shell/payload-total.ts";
import { Engine, type Draft } from "../../support/engine.ts";
import { eventually } from "../../support/eventually.ts";
import { json, type Work } from "../../support/scripted-agent.ts";

const JOBS = 200;
const TEXT = "x".repeat(30_000);

const CHAIN: Draft = {
  modules: [
    { name: "A", type: "trace", group: "g1" },
    { name: "B", type: "trace", group: "g2", dependsOn: ["A"], expose: true },
  ],
};

test("jobs that have ended and wait for their page take what their results take", async (t) => {
  await using engine = await Engine.start(CHAIN);
  // Pages are written when they are full: what waits for one stays until then.
  const coordinator = await engine.coordinator({ tuning: { pageMs: 10 * 60_000, pageJobs: 10 * JOBS } });
  const held = (): number => coordinator.figures?.payloadBytes ?? NaN;
  const work: Work = ({ module, results }) => {
    const [parent] = results.values();
    return json(module.name === "A" ? TEXT : parent !== undefined && isInline(parent) ? parent.bytes.length : 0);
  };
  await engine.submit("waits", TEXT);
  t.true(held() > 30_000, "an open job is held");
  await engine.agents({ work });
  t.deepEqual((await engine.outcome("waits"))["result"], { B: 30_002 });
  for (let index = 0; index < JOBS; index++) await engine.submit(`job-${index}`, TEXT);
  for (let index = 0; index < JOBS; index++)
    t.deepEqual((await engine.outcome(`job-${index}`))["result"], { B: 30_002 });
  t.true((coordinator.figures?.jobs.done ?? 0) > JOBS);
  t.true(held() < JOBS * 100, `${held()} bytes of ${JOBS} jobs`);
  t.true((await engine.held("records")) < JOBS / 10, "most of them wait for their page");
});

test("an owner counts what other pipelines of its process hold, and they what it holds", async (t) => {
  await using engine = await Engine.start(CHAIN);
  const payloadTotal = new PayloadTotal();
  const other = {};
  payloadTotal.note(other, 1_000_000);
  const coordinator = await engine.coordinator({ payloadTotal, tuning: { maxProcessBytes: 400_000 } });
  for (const id of ["a", "b"]) t.is((await engine.submit(id, TEXT)).error, undefined, "it may hold a little");
  await eventually("the other hears of it", () => payloadTotal.note(other, 1_000_000) === 2 * (TEXT.length + 2));
  const { error } = await engine.submit("c", TEXT);
  t.like(error, { code: "TooManyJobs", message: "the pipelines of this coordinator hold more than 0.4 MiB together" });
  payloadTotal.note(other, 0);
  t.is((await engine.submit("c", TEXT)).error, undefined);
  await coordinator[Symbol.asyncDispose]();
  t.is(payloadTotal.note(other, 0), 0, "who owns no more holds nothing");
});
