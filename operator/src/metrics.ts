/** What the operator tells Prometheus, under the names that dashboards of controllers know. */
import type { Observation } from "./kube/index.ts";

interface Tally {
  readonly counts: Map<string, number>;
  seconds: number;
  depth: number;
}

export class Metrics {
  readonly #controllers = new Map<string, Tally>();
  readonly #failures = new Map<string, number>();
  #isLeading = false;
  #isNatsConnected = false;

  readonly observe = (observation: Observation): void => {
    switch (observation.type) {
      case "reconciled":
        this.#reconciled(observation);
        return;
      case "watch-failed":
        this.#failures.set(observation.resource, (this.#failures.get(observation.resource) ?? 0) + 1);
        return;
      case "leading":
        this.#isLeading = true;
        return;
      case "leadership-lost":
        this.#isLeading = false;
        return;
      case "listed":
      case "handler-failed":
      case "lease-failed":
      case "event-dropped":
    }
  };

  natsIs(connected: boolean): void {
    this.#isNatsConnected = connected;
  }

  #reconciled({ controller, result, tookMs, depth }: Extract<Observation, { type: "reconciled" }>): void {
    const tally = this.#controllers.get(controller) ?? { counts: new Map<string, number>(), seconds: 0, depth: 0 };
    this.#controllers.set(controller, tally);
    tally.counts.set(result, (tally.counts.get(result) ?? 0) + 1);
    tally.seconds += tookMs / 1000;
    tally.depth = depth;
  }

  /** In Prometheus' text format. */
  text(): string {
    const controllers = [...this.#controllers];
    return [
      ...family(
        "controller_runtime_reconcile_total",
        "counter",
        controllers.flatMap(([controller, { counts }]) =>
          [...counts].map(([result, count]): Sample => [{ controller, result }, count]),
        ),
      ),
      ...family(
        "controller_runtime_reconcile_time_seconds_sum",
        "counter",
        controllers.map(([controller, { seconds }]) => [{ controller }, seconds]),
      ),
      ...family(
        "workqueue_depth",
        "gauge",
        controllers.map(([name, { depth }]) => [{ name }, depth]),
      ),
      ...family(
        "troupe_operator_watch_failures_total",
        "counter",
        [...this.#failures].map(([resource, count]) => [{ resource }, count]),
      ),
      ...family("leader_election_master_status", "gauge", [[{ name: "troupe-operator" }, Number(this.#isLeading)]]),
      ...family("troupe_operator_nats_connected", "gauge", [[{}, Number(this.#isNatsConnected)]]),
      "",
    ].join("\n");
  }
}

type Sample = readonly [labels: Readonly<Record<string, string>>, value: number];

function family(name: string, type: "counter" | "gauge", samples: readonly Sample[]): string[] {
  return [`# TYPE ${name} ${type}`, ...samples.map(([labels, value]) => `${name}${labelText(labels)} ${value}`)];
}

function labelText(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}
