import test from "ava";
import { describeModules } from "@troupe/runtime-image";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** A string, because nothing here compiles such a file. */
const DECORATED = `
import { Module, register, type RunContext } from "@troupe/sdk";

enum Case { Upper = "upper" }

function registered(type: string) {
  return (cls: typeof Module, _context: ClassDecoratorContext): void => register(type, cls, { file: import.meta.filename });
}

@registered(Case.Upper)
export class Decorated extends Module {
  constructor(private readonly suffix = "!") { super(); }
  run(ctx: RunContext<string>): string { return ctx.input.toUpperCase() + this.suffix; }
}
`;

/** Properties that are declared by a constructor's parameters, and nothing else that Node cannot run. */
const PROPERTIES = `
import { Module } from "@troupe/sdk";

export class Properties extends Module {
  static override readonly type = "properties";
  constructor(
    private least = Math.max(1, 2),
    readonly most: number = 3,
  ) { super(); }
  run(): number { return this.least + this.most; }
}
`;

const at = (path: string): string => fileURLToPath(new URL(`./fixtures/describe/${path}`, import.meta.url));

test("types are described by what their files declare", async (t) => {
  const { types, problems } = await describeModules([at("good")]);
  t.deepEqual(problems, []);
  t.deepEqual(types, [
    {
      type: "count",
      aggregate: false,
      produces: null,
      accepts: ["words", "split", "other"],
      file: at("good/count.mjs"),
    },
    { type: "sum", aggregate: true, produces: "number", accepts: null, file: at("good/count.mjs") },
    { type: "split", aggregate: false, produces: "words", accepts: [], file: at("good/words.ts") },
  ]);
});

test("a file that throws, and a type of two files, are named; the others are described all the same", async (t) => {
  const { types, problems } = await describeModules([
    at("bad"),
    at("good/words.ts"),
    at("nothing"),
    at("good/ignored.txt"),
  ]);
  t.deepEqual(
    types.map(({ type }) => type),
    ["twice", "split"],
  );
  const messages = problems.map(({ message }) => message);
  t.true(messages.includes(`${at("nothing")}: there is no such file or folder`));
  t.true(messages.includes(`${at("bad/throws.ts")}: TypeError: no model here`));
  const twice = messages.find((message) => message.includes("registered twice")) ?? "";
  t.true(twice.includes(at("bad/twice.ts")) && twice.includes(at("bad/twice-again.ts")), twice);
});

test("what needs more than its types removed is compiled", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "troupe-test-"));
  const file = join(folder, "decorated.ts");
  await writeFile(file, DECORATED);
  const { types, problems } = await describeModules([folder]);
  t.deepEqual(problems, []);
  t.like(types[0], { type: "upper", file });
  await rm(folder, { recursive: true });
});

test("loading has an end", async (t) => {
  t.regex(
    (await describeModules([at("endless.mjs")], { timeoutMs: 500 })).problems[0]?.message ?? "",
    /endless\.mjs: loading did not end within 0\.5 s/,
  );
  t.regex((await describeModules([at("exits.mjs")])).problems[0]?.message ?? "", /exits\.mjs: .*code 3/);
});

test("properties that a constructor declares are compiled, whatever stands between its parentheses", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "troupe-test-"));
  t.teardown(async () => rm(folder, { recursive: true }));
  await writeFile(join(folder, "properties.ts"), PROPERTIES);
  const { types, problems } = await describeModules([folder]);
  t.deepEqual(problems, []);
  t.deepEqual(
    types.map(({ type }) => type),
    ["properties"],
  );
});
