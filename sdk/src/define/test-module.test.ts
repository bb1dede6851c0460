import test from "ava";
import type { BootContext, ProcessContext, RunContext } from "./context.ts";
import { Aggregate, Module } from "./module.ts";
import { testModule } from "./test-module.ts";

class Scale extends Module {
  #factor = 0;
  override bootstrap({ parameters }: BootContext): void {
    this.#factor = Number(parameters["factor"]);
  }
  override run(ctx: RunContext<number>): unknown {
    ctx.logger.info("scaling");
    ctx.progress(1, "done");
    return { value: ctx.input * this.#factor, parent: ctx.results.get("A"), dropped: undefined };
  }
}

test("a module runs alone, from bootstrap to its encoded result", async (t) => {
  t.deepEqual(await testModule(Scale, { input: 3, parameters: { factor: 2 }, results: { A: "a" } }), {
    result: { value: 6, parent: "a" },
    logs: [{ level: "info", message: "scaling" }],
    progress: [{ fraction: 1, message: "done" }],
  });
});

class Sum extends Aggregate {
  override process(ctx: ProcessContext<number>): number {
    return ctx.items.reduce((sum, item) => sum + item, 0);
  }
}

test("an aggregate keeps its parents' results, and processes items", async (t) => {
  t.is((await testModule(Sum, { results: { A: 3 } })).result, 3);
  t.deepEqual((await testModule(Sum, { results: { A: 3, B: 4 } })).result, { A: 3, B: 4 });
  t.is((await testModule(Sum, { input: 5 })).result, 5);
  t.is((await testModule(Sum, { items: [1, 2, 3] })).result, 6);
});
