import test from "ava";
import type { Execution } from "./execution.ts";
import { verdicts } from "./verdicts.ts";

const FAILURE = { code: "HostExited", message: "The host exited with code 1.", kind: "retryable" } as const;
const running = (...numbers: number[]): Execution[] => numbers.map((n) => ({ n }) as Execution);

test("the only one that ran is charged", (t) => {
  const [verdict] = verdicts(running(1), { failure: FAILURE, culprit: null });
  t.like(verdict, { fault: "own", failure: FAILURE });
});

test("of several, only the one that is known is charged", (t) => {
  const found = verdicts(running(1, 2, 3), { failure: FAILURE, culprit: 2 });
  t.deepEqual(
    found.map(({ fault }) => fault),
    ["shared", "own", "shared"],
  );
  t.regex(found[0]?.failure.message ?? "", /while 3 executions ran/);
});

test("of several, nobody is charged when nobody is known", (t) => {
  const found = verdicts(running(1, 2), { failure: FAILURE, culprit: null });
  t.deepEqual(
    found.map(({ fault }) => fault),
    ["shared", "shared"],
  );
});
