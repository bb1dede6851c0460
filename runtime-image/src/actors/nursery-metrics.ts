import type { MetricFamily } from "@troupe/protocol";

/** What a nursery says of itself to Prometheus. @param nursery null: there is none before NATS was reached. */
export function nurseryMetrics(
  nursery: { readonly pids: ReadonlyMap<string, number> } | null,
  labels: Readonly<Record<string, string>>,
): MetricFamily[] {
  return [
    {
      name: "troupe_replica_actors",
      help: "Actors that live in the replica, or begin.",
      type: "gauge",
      samples: [{ labels, value: nursery?.pids.size ?? 0 }],
    },
  ];
}
