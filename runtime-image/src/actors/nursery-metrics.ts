import type { MetricFamily } from "@troupe/protocol";

/** What is there to tell of. */
export interface NurseryParts {
  /** Null: there is none before NATS was reached. */
  readonly nursery: { readonly pids: ReadonlyMap<string, number> } | null;
  /** Null: actors read shared objects from NATS. */
  readonly objects: { readonly fetched: number; readonly bytes: number } | null;
}

/** What a nursery says of itself to Prometheus. */
export function nurseryMetrics(
  { nursery, objects }: NurseryParts,
  labels: Readonly<Record<string, string>>,
): MetricFamily[] {
  return [
    {
      name: "troupe_replica_actors",
      help: "Actors that live in the replica, or begin.",
      type: "gauge",
      samples: [{ labels, value: nursery?.pids.size ?? 0 }],
    },
    {
      name: "troupe_replica_objects_fetched_total",
      help: "Shared objects that were brought from NATS, once for all actors of the replica.",
      type: "counter",
      samples: [{ labels, value: objects?.fetched ?? 0 }],
    },
    {
      name: "troupe_replica_object_bytes",
      help: "What shared objects take in the replica's folder.",
      type: "gauge",
      samples: [{ labels, value: objects?.bytes ?? 0 }],
    },
  ];
}
