import test from "ava";
import { publishCommand } from "./nats-command.ts";

const text = (parts: readonly Uint8Array[] | undefined): string | undefined =>
  parts === undefined ? undefined : Buffer.concat(parts).toString();
const bytes = (value: string): Uint8Array => Buffer.from(value);

test("a message, with and without somebody to answer to", (t) => {
  t.is(text(publishCommand("a.b", bytes("hello"))), "PUB a.b 5\r\nhello\r\n");
  t.is(text(publishCommand("a.b", bytes("hello"), {})), "PUB a.b 5\r\nhello\r\n");
  t.is(text(publishCommand("a.b", bytes(""), { reply: "r.1" })), "PUB a.b r.1 0\r\n\r\n");
});

test("headers, whose length counts bytes and not characters", (t) => {
  const headers = { "Troupe-Job-Id": "j1", "Nats-Expected-Last-Sequence": "7" };
  t.is(
    text(publishCommand("a", bytes("x"), { reply: "r", headers })),
    "HPUB a r 63 64\r\nNATS/1.0\r\nTroupe-Job-Id: j1\r\nNats-Expected-Last-Sequence: 7\r\n\r\nx\r\n",
  );
  t.is(text(publishCommand("a", bytes(""), { headers: { N: " é " } })), "HPUB a 19 19\r\nNATS/1.0\r\nN: é\r\n\r\n\r\n");
});

test("a large payload is not copied", (t) => {
  const data = Buffer.alloc(1 << 20, 7);
  const parts = publishCommand("a", data) ?? [];
  t.is(parts[1], data);
  const whole = Buffer.concat([bytes(`PUB a ${1 << 20}\r\n`), data, bytes("\r\n")]);
  t.true(Buffer.concat(parts).equals(whole));
});

test("what would break the protocol is no command", (t) => {
  t.is(publishCommand("", bytes("x")), undefined);
  t.is(publishCommand("a", bytes("x"), { headers: { A: "1\r\nB: 2" } }), undefined);
  t.is(publishCommand("a", bytes("x"), { headers: { "A: 1\r\nB": "2" } }), undefined);
});
