import test from "ava";
import { Histogram, metricsText } from "./metrics.ts";

test("families are written with help, type and escaped labels", (t) => {
  const text = metricsText([
    { name: "a_total", help: "What it\nis.", type: "counter", samples: [{ value: 3 }] },
    { name: "b", help: "B.", type: "gauge", samples: [{ labels: { x: 'q"\\\n', y: "1" }, value: 0.5 }] },
  ]);
  t.is(
    text,
    '# HELP a_total What it\\nis.\n# TYPE a_total counter\na_total 3\n# HELP b B.\n# TYPE b gauge\nb{x="q\\"\\\\\\n",y="1"} 0.5\n',
  );
});

test("a histogram's buckets are cumulative", (t) => {
  const histogram = new Histogram([0.1, 1]);
  for (const value of [0.05, 0.1, 0.5, 7]) histogram.observe(value);
  const name = "h";
  const text = metricsText([{ name, help: "H.", type: "histogram", samples: histogram.samples({ p: "x" }) }]);
  t.deepEqual(text.split("\n").slice(2, -1), [
    'h_bucket{p="x",le="0.1"} 2',
    'h_bucket{p="x",le="1"} 3',
    'h_bucket{p="x",le="+Inf"} 4',
    'h_sum{p="x"} 7.65',
    'h_count{p="x"} 4',
  ]);
});
