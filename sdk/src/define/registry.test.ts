import test from "ava";
import { defineAggregate, defineModule } from "./define-module.ts";
import { failureKindOf, RetryableError, TerminalError } from "./errors.ts";
import { defineInterface } from "./interface.ts";
import type * as Errors from "./errors.ts";
import type * as Registry from "./registry.ts";
import { Aggregate, Module } from "./module.ts";
import { nameOf, register, registrationOf, RegistrationError, unregister } from "./registry.ts";

/** The query makes Node load the file once more, as another copy would be. */
const copyOf = (file: string): string => `${file}?copy`;

class Upper extends Module {
  static override type = "registry-upper";
  static override produces = defineInterface("text");
  override run(): unknown {
    return null;
  }
}

test("a class is registered under a type, with what it declares and its file", (t) => {
  register(Upper);
  register("registry-upper", Upper);
  t.like(registrationOf("registry-upper"), {
    type: "registry-upper",
    cls: Upper,
    aggregate: false,
    accepts: null,
    file: import.meta.filename,
  });
  t.is(nameOf(Upper), "registry-upper");
});

test("functions make modules and aggregates", (t) => {
  defineModule("registry-f", () => 1, { accepts: [Upper], produces: "number" });
  t.like(registrationOf("registry-f"), {
    aggregate: false,
    produces: "number",
    accepts: [Upper],
    file: import.meta.filename,
  });
  defineAggregate("registry-a", {});
  t.true(registrationOf("registry-a")?.aggregate);
});

test("one type is one class", (t) => {
  defineModule("registry-twice", () => 1, { file: "/modules/a.ts" });
  t.throws(() => defineModule("registry-twice", () => 2, { file: "/modules/b.ts" }), {
    instanceOf: RegistrationError,
    message:
      'Module type "registry-twice" is registered twice: by /modules/a.ts and by /modules/b.ts. Rename one of the two.',
  });
  unregister("registry-twice");
  t.notThrows(() => defineModule("registry-twice", () => 2));
});

test("a class without a type is refused", (t) => {
  class Nameless extends Aggregate {}
  t.throws(
    () => {
      register(Nameless);
    },
    { instanceOf: RegistrationError, message: /^Nameless has no type/ },
  );
});

test("a second copy of the SDK shares registry and errors", async (t) => {
  const copy = (await import(copyOf("./registry.ts"))) as typeof Registry;
  copy.register("registry-of-copy", Upper);
  t.is(registrationOf("registry-of-copy")?.cls, Upper);
  const errors = (await import(copyOf("./errors.ts"))) as typeof Errors;
  t.is(failureKindOf(new errors.TerminalError("x")), "terminal");
});

test("errors are retryable unless they say that they are terminal", (t) => {
  t.is(failureKindOf(new TerminalError("x")), "terminal");
  t.is(failureKindOf(new RetryableError("x")), "retryable");
  t.is(failureKindOf(new Error("x")), "retryable");
  t.is(failureKindOf("thrown text"), "retryable");
  t.is(failureKindOf(null), "retryable");
});
