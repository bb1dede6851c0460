/** What an agent says of itself to the kubelet and to Prometheus. */
import type { BusStatus, Failure, MetricFamily, ReplicaState } from "@troupe/protocol";

export interface AgentStatus {
  readonly bus: BusStatus;
  readonly state: ReplicaState;
  readonly problem: Failure | null;
  /** Executions that are queued or run here, or have results that are not acknowledged. */
  readonly executions: number;
  readonly permits: number;
}

/** Why the pod is not ready; null: it is. */
export function unreadyBecause({ bus, state, problem }: AgentStatus): string | null {
  if (bus !== "connected") return "not connected to NATS";
  switch (state) {
    case "ready":
      return null;
    case "starting":
      return problem === null
        ? "the modules are not bootstrapped yet"
        : `the modules are set up again: ${problem.message}`;
    case "broken":
      return problem?.message ?? "the modules cannot be set up";
    case "draining":
      return "draining";
  }
}

/** @param agent null: there is none before NATS was reached. */
export function agentMetrics(
  agent: { readonly status: AgentStatus } | null,
  labels: Readonly<Record<string, string>>,
): MetricFamily[] {
  const status = agent?.status;
  const gauge = (name: string, help: string, value: number): MetricFamily => ({
    name,
    help,
    type: "gauge",
    samples: [{ labels, value }],
  });
  return [
    gauge("troupe_replica_connected", "1 while the agent is connected to NATS.", Number(status?.bus === "connected")),
    gauge("troupe_replica_ready", "1 while the replica takes jobs.", Number(status?.state === "ready")),
    gauge("troupe_replica_executions", "Blocks that are queued, run or are not acknowledged.", status?.executions ?? 0),
    gauge("troupe_replica_permits", "Blocks that the replica works on at a time.", status?.permits ?? 0),
  ];
}
