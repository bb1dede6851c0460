import test from "ava";
import { renderHtml } from "./html.ts";
import { renderSvg } from "./svg.ts";
import type { Timeline } from "./timeline.ts";

function timelineWith(jobs: number, module = "A"): Timeline {
  const ids = Array.from({ length: jobs }, (_, index) => index);
  return {
    jobs: ids.map((index) => ({ id: `id-${index}`, index, state: "done", submittedAt: 0, endedAt: index * 10 + 10 })),
    spans: ids.map((index) => {
      const times = { readyAt: 0, startedAt: index * 10, endedAt: index * 10 + 10 };
      return { job: `id-${index}`, module, group: "g", replica: "g-0", attempt: 2, ...times };
    }),
  };
}

/** Names of elements that were opened and not closed, or closed and not open. */
function unbalanced(markup: string): string[] {
  const open: string[] = [];
  for (const [, closing, name = "", rest = ""] of markup.matchAll(/<(\/?)([a-z]+)((?:"[^"]*"|[^">])*)>/gi)) {
    if (closing === "" && !rest.endsWith("/")) open.push(name);
    else if (closing === "/" && open.pop() !== name) return [`</${name}>`];
  }
  return open;
}

test("the picture is well-formed whatever modules are called, and needs nothing from elsewhere", (t) => {
  const svg = renderSvg(timelineWith(3, `<A & "B">\u0007`), { title: "a < b" });
  t.deepEqual(unbalanced(svg), []);
  t.false(svg.includes("\u0007"));
  t.true(svg.includes("&lt;A &amp; &quot;B&quot;&gt;"));
  t.notRegex(svg, /href|src=|url\(|@import/);
});

test("the picture is readable in light and in dark", (t) => {
  t.regex(renderSvg(timelineWith(3)), /prefers-color-scheme:dark/);
  t.regex(renderHtml(timelineWith(3)), /prefers-color-scheme:dark/);
});

test("a bar says job, module, replica, attempt, wait and run", (t) => {
  t.true(
    renderSvg(timelineWith(3)).includes(
      "job 2 · A\ng-0, attempt 2\nwaited 10 ms, ran 10 ms\nfrom 10 ms to 20 ms\nid id-1",
    ),
  );
});

test("many jobs make no large picture", (t) => {
  t.true(renderSvg(timelineWith(20_000)).length < 100_000);
  t.true(renderHtml(timelineWith(20_000)).length < 1_000_000);
});

test("the page holds its jobs as data that cannot end its script", (t) => {
  const timeline = timelineWith(2);
  const evil = "</script><script>alert(1)";
  const html = renderHtml({ jobs: timeline.jobs.map((job) => ({ ...job, id: evil })), spans: [] });
  t.is(html.split("</script>").length, 2);
  t.true(html.includes("\\u003c/script>"));
});

test("the page lists every job, and the aggregates' run by its name", (t) => {
  const { jobs, spans } = timelineWith(2);
  const html = renderHtml({ jobs: jobs.map((job) => (job.index === 1 ? { ...job, phase: "process" } : job)), spans });
  t.is([...html.matchAll(/<tr data-j/g)].length, 2);
  t.true(html.includes("</em>process</td>"));
  t.true(html.includes("<dt>job</dt><dd>1</dd>"));
});
