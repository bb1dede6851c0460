import test from "ava";
import { BusTimeoutError, NoRespondersError, type BusMessage } from "./port.ts";
import { Requests } from "./requests.ts";

const NO_DATA = new Uint8Array(0);

function answer(subject: string, status = 0): BusMessage {
  return { subject, data: NO_DATA, reply: "", status, header: () => "" };
}

/** Requests that go nowhere, and the subjects on which they wait for answers. */
function asking(): { requests: Requests; replies: string[] } {
  const replies: string[] = [];
  const requests = new Requests("inbox", (_, __, { reply = "" }) => replies.push(reply));
  return { requests, replies };
}

test("each answer finds its request, and comes once", async (t) => {
  const { requests, replies } = asking();
  const [first, second] = [1, 2].map(async (n) => requests.one(`s${n}`, NO_DATA, { timeoutMs: 60_000 }));
  for (const reply of [replies[1], replies[0], replies[0], "inbox.unknown"]) requests.receive(answer(reply ?? ""));
  t.is((await first)?.subject, replies[0]);
  t.is((await second)?.subject, replies[1]);
});

test("who asked is told when time is up, whichever was asked first and however long others wait", async (t) => {
  const { requests } = asking();
  const patient = requests.one("slow", NO_DATA, { timeoutMs: 600_000 });
  const short = [30, 10, 20].map(async (timeoutMs) => requests.one("none", NO_DATA, { timeoutMs }));
  for (const each of short) await t.throwsAsync(each, { instanceOf: BusTimeoutError, message: /no answer on none/ });
  // A time-out that comes after others have rung.
  await t.throwsAsync(requests.one("again", NO_DATA, { timeoutMs: 10 }), { instanceOf: BusTimeoutError });
  requests.close();
  await t.throwsAsync(patient, { instanceOf: BusTimeoutError, message: /was closed/ });
});

test("nobody listens; the connection is lost; it was closed before", async (t) => {
  const { requests, replies } = asking();
  const nobody = requests.one("s", NO_DATA, { timeoutMs: 60_000 });
  requests.receive(answer(replies[0] ?? "", 503));
  await t.throwsAsync(nobody, { instanceOf: NoRespondersError });
  const lost = requests.one("s", NO_DATA, { timeoutMs: 60_000 });
  requests.interrupt();
  await t.throwsAsync(lost, { instanceOf: BusTimeoutError, message: /was lost/ });
  requests.close();
  await t.throwsAsync(requests.one("s", NO_DATA, { timeoutMs: 60_000 }), { instanceOf: BusTimeoutError });
});
