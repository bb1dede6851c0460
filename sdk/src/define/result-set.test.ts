import test from "ava";
import { defineInterface } from "./interface.ts";
import { defineModule } from "./define-module.ts";
import { ResultSelectionError, ResultSet, type ResultEntry } from "./result-set.ts";

const Text = defineInterface<string>("text");
const Reader = defineModule("result-set-reader", () => null);

const entry = (name: string, more: Partial<ResultEntry> = {}): ResultEntry => ({
  name,
  type: "t",
  produces: null,
  expose: null,
  value: `of ${name}`,
  ...more,
});

const results = new ResultSet([
  entry("b", { produces: "text" }),
  entry("a", { expose: "out", type: "result-set-reader" }),
  entry("c", { produces: "text", expose: "a" }),
]);

test("results keep the declared order", (t) => {
  t.deepEqual(results.all(), ["of b", "of a", "of c"]);
  t.deepEqual(
    [...results].map(({ name }) => name),
    ["b", "a", "c"],
  );
  t.is(results.size, 3);
});

test("a string is a module's name first, then an expose name, then a kind", (t) => {
  t.is(results.get("a"), "of a");
  t.is(results.get("out"), "of a");
  t.deepEqual(results.of("text"), ["of b", "of c"]);
  t.is(results.get("result-set-reader"), "of a");
});

test("an interface or a class stands for all results of its kind", (t) => {
  const texts: string[] = results.of(Text);
  t.deepEqual(texts, ["of b", "of c"]);
  t.is(results.get(Reader), "of a");
  t.true(results.has(Text));
  t.false(results.has("nothing"));
});

test("no result, and several, say what there is", (t) => {
  t.throws(() => results.get<string>("nothing"), {
    instanceOf: ResultSelectionError,
    message: 'No parent has a result "nothing". Results that are there: b (t), a (result-set-reader), c (t).',
  });
  t.throws(() => results.get(Text), {
    instanceOf: ResultSelectionError,
    message: /result of several parents \(b, c\): use results\.of/,
  });
});
