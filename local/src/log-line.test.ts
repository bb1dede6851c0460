import test from "ava";
import { parseLogLine, parseNatsLine, printLogLine } from "./log-line.ts";

test("a JSON line with level and message is a log line, and keeps its fields", (t) => {
  const line = parseLogLine("g-0", '{"level":"warn","message":"slow","job":"j1","ms":3}');
  t.deepEqual(line, { source: "g-0", level: "warn", message: "slow", fields: { job: "j1", ms: 3 } });
  t.is(printLogLine(line), "[g-0] warn: slow job=j1 ms=3");
});

test("for people, a line leaves out what its source says already, and puts the stack below", (t) => {
  const text =
    '{"level":"warn","message":"boom","timestamp":"t","replica":"g-0","group":"g","job":"j","stack":"Error: boom\\n    at x"}';
  t.is(printLogLine(parseLogLine("g-0", text)), "[g-0] warn: boom job=j\nError: boom\n    at x");
  t.is(printLogLine(parseLogLine("g-0", '{"level":"info","message":"hello","module":"A"}')), "[g-0] hello module=A");
});

test("everything else was printed, and stays as it is", (t) => {
  for (const text of ["hello", "", "{", '{"level":"warn"}', '{"level":"loud","message":"x"}', "[1,2]", '{"a":1}']) {
    t.deepEqual(parseLogLine("g-0", text), { source: "g-0", level: null, message: text, fields: {} });
  }
  t.is(printLogLine(parseLogLine("g-0", "hello")), "[g-0] hello");
});

test("lines of nats-server lose their head", (t) => {
  t.like(parseNatsLine("[12] 2026/11/23 16:00:00.000000 [WRN] Slow disk"), { level: "warn", message: "Slow disk" });
  t.like(parseNatsLine("[12] 2026/11/23 16:00:00.000000 [FTL] No space"), { level: "error", message: "No space" });
  t.like(parseNatsLine("[12] 2026/11/23 16:00:00.000000 [INF] Server is ready"), {
    level: "debug",
    message: "Server is ready",
  });
  t.like(parseNatsLine("nats-server: oops"), { level: "debug", message: "nats-server: oops" });
});
