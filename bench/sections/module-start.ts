/** A group starts when the module that it needs is done, while the rest of that module's group still runs. */
import { median } from "../measure/quantile.ts";
import { atMost } from "../report/figure.ts";
import { newPipeline } from "../system/pipelines.ts";
import { startPipeline } from "../system/start.ts";
import type { Section } from "./section.ts";

const START_MS = atMost(20);

export const moduleStart: Section = {
  name: "module-start",
  title: "A → B in one group, C after A in another: C starts while B runs",
  run: async ({ troupe, quick }) => {
    const pipeline = newPipeline(troupe, "module-start")
      .addModule("A", "wait", { group: "g1", parameters: { ms: 20 } })
      .addModule("B", "wait", { group: "g1", dependsOn: "A", parameters: { ms: 200 } })
      .addModule("C", "wait", { group: "g2", dependsOn: "A", parameters: { ms: 1 } });
    await using running = await startPipeline(pipeline, { timeline: true });
    const delays: number[] = [];
    for (let job = 0; job <= (quick ? 3 : 20); job++) {
      const { spans = [] } = await running.client.outcome(null);
      const [a, b, c] = ["A", "B", "C"].map((name) => spans.find(({ module }) => module === name));
      if (a === undefined || b === undefined || c === undefined) throw new Error("the timeline lacks a module");
      if (c.startedAt >= b.endedAt) throw new Error("C waited for B, which it does not depend on");
      if (job > 0) delays.push(c.startedAt - a.endedAt);
    }
    return [
      {
        id: "moduleStart",
        text: "C starts after the end of A, median",
        unit: "ms",
        value: median(delays),
        best: Math.min(...delays),
        target: START_MS,
        note: `worst of ${delays.length}: ${Math.max(...delays).toFixed(1)} ms`,
      },
    ];
  },
};
