import test from "ava";
import { acceptedJob, backOff, newJob, whatIsDue, type Waiter } from "./open-job.ts";

const waiter: Waiter = { accepted: () => undefined, ended: () => undefined, failed: () => undefined };
const submission = { operation: "submit", body: new Uint8Array(), headers: {} } as const;

test("what is not journalled is sent again, what is is asked for, what took too long expires", (t) => {
  const sending = { ...newJob("sending", submission, waiter, 1_000), nextAt: 10 };
  const accepted = { ...acceptedJob("accepted", waiter), nextAt: 10 };
  const late = newJob("late", submission, waiter, 5);
  const arriving = { ...acceptedJob("arriving", waiter), arriving: true };
  const resting = { ...newJob("resting", submission, waiter, 50), nextAt: 70 };
  t.deepEqual(whatIsDue([sending, accepted, late, arriving, resting], 10), {
    send: [sending],
    renew: [accepted],
    expired: [late],
    nextAt: 50,
  });
  t.is(whatIsDue([arriving], 10).nextAt, Number.POSITIVE_INFINITY);
});

test("pauses double up to their bound, and are never shorter than what was asked for", (t) => {
  const job = newJob("j", submission, waiter, Number.POSITIVE_INFINITY);
  const pauses = Array.from({ length: 6 }, () => {
    backOff(job, 0, { atLeastMs: 0, atMostMs: 250 });
    return job.nextAt;
  });
  t.deepEqual(pauses, [25, 50, 100, 200, 250, 250]);
  backOff(job, 100, { atLeastMs: 5_000, atMostMs: 250 });
  t.is(job.nextAt, 5_100);
});
