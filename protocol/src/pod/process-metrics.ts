/** What there is to say of every Node process, by the names that Prometheus' clients use. */
import { monitorEventLoopDelay } from "node:perf_hooks";
import type { MetricFamily } from "./metrics.ts";

const RESOLUTION_MS = 20;
const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });

/** The delay of the event loop is measured from the first call on, each time since the last. */
export function processMetrics(): MetricFamily[] {
  const { user, system } = process.cpuUsage();
  const lag = delay.count === 0 ? 0 : Math.max(0, delay.percentile(99) / 1e9 - RESOLUTION_MS / 1e3);
  delay.enable();
  delay.reset();
  return [
    gauge("process_resident_memory_bytes", "Resident memory.", process.memoryUsage.rss()),
    {
      name: "process_cpu_seconds_total",
      help: "User and system time.",
      type: "counter",
      samples: [{ value: (user + system) / 1e6 }],
    },
    gauge("nodejs_eventloop_lag_p99_seconds", "99th percentile of the event loop's delay since the last scrape.", lag),
  ];
}

function gauge(name: string, help: string, value: number): MetricFamily {
  return { name, help, type: "gauge", samples: [{ value }] };
}
