import type { Observation, Observe } from "./kube/index.ts";
import type { Log } from "./log.ts";

/** What the controller runtime tells, as records of the log and to `also`. */
export function observeWith(log: Log, also: Observe): Observe {
  return (observation) => {
    also(observation);
    record(log, observation);
  };
}

function record(log: Log, observation: Observation): void {
  switch (observation.type) {
    case "reconciled": {
      const { error, ...fields } = observation;
      if (error === undefined) log.debug("visited", fields);
      else log.warn("a visit failed", { ...fields, error: textOf(error) });
      return;
    }
    case "watch-failed":
      log.warn("a watch failed", { ...observation, error: textOf(observation.error) });
      return;
    case "handler-failed":
      log.error("a handler failed", { ...observation, error: textOf(observation.error) });
      return;
    case "lease-failed":
      log.warn("the lease could not be renewed", { ...observation, error: textOf(observation.error) });
      return;
    case "event-dropped":
      log.warn("an event could not be written", { ...observation, error: textOf(observation.error) });
      return;
    case "leading":
      log.info("leads", { ...observation });
      return;
    case "leadership-lost":
      log.warn("leads no more", { ...observation });
      return;
    case "listed":
      log.debug("listed", { ...observation });
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
