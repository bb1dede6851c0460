import test from "ava";
import type { Payload } from "@troupe/protocol";
import { keepItem } from "./aggregates.ts";
import { fold } from "./fold.ts";
import { needs, nobodys } from "./release.ts";
import { addPage, emptyState, type JournalState } from "./state.ts";
import { Table, graphFrom } from "../../sim/owner-fixture.ts";

function stored(id: string): Payload {
  return { kind: "json", ref: { id, size: 40_000, chunks: 1, sha256: "" } };
}

function recorded(...ids: readonly string[]): JournalState {
  const state = emptyState();
  addPage(state, { page: 1, jobs: ["j"], stored: ids, at: 0 });
  return state;
}

test("a record needs what it holds, and nothing else that is stored for its job", (t) => {
  const state = recorded("j.0.a");
  t.deepEqual(["j.0.a", "j.0.b", "j.in.c", "other.0.a"].filter(needs(state)), ["j.0.a"]);
  t.deepEqual(nobodys(state, ["j.0.a", "j.0.b"]), ["j.0.b"]);
  fold(state, { type: "forget", below: 2 });
  t.deepEqual(nobodys(state, ["j.0.a", "j.0.a"]), ["j.0.a"]);
});

test("an aggregate needs its items, whether or not their jobs have records", (t) => {
  const state = recorded("j.0.a");
  keepItem(state, "Sum", { job: "j", payload: stored("j.1.item"), claimedBy: null });
  t.deepEqual(nobodys(state, ["j.1.item", "j.1.other"]), ["j.1.other"]);
  fold(state, { type: "forget", below: 2 });
  t.deepEqual(["j.0.a", "j.1.item"].filter(needs(state)), ["j.1.item"]);
});

test("a page of a former version holds all that is stored for its jobs", (t) => {
  const state = recorded("j");
  t.true(needs(state)("j.0.a"));
  t.deepEqual(nobodys(state, ["j"]), []);
  keepItem(state, "Sum", { job: "j", payload: stored("j.1.item"), claimedBy: null });
  fold(state, { type: "forget", below: 2 });
  t.deepEqual(nobodys(state, ["j"]), [], "the aggregate still holds something of it");
});

test("an open job may be about to name anything that is stored for it, but keeps from going only what it names", (t) => {
  const table = new Table(graphFrom(["a@g1"]));
  table.submit("j");
  const { state } = table.owner;
  t.true(needs(state)("j.0.late"));
  t.deepEqual(nobodys(state, ["j.in.former"]), ["j.in.former"]);
  const job = table.job("j");
  if (job !== undefined) job.outputs[0] = stored("j.0.a");
  t.deepEqual(nobodys(state, ["j.0.a", "j.0.b"]), ["j.0.b"]);
});
