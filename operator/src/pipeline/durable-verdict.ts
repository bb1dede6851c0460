/** The condition Durable: whether NATS keeps what it has acknowledged. */
import type { Verdict } from "../children/conditions.ts";
import { conditionOf, textAt } from "../children/read.ts";
import type { PipelineView } from "./pipeline-view.ts";

type Durable = Extract<Verdict, { readonly type: "Durable" }>;

const CURE =
  "Set sync_interval: always in its jetstream block and name the monitoring address of every server (nats.external.monitorUrls), " +
  "or keep the streams on three servers (nats.jetstream.replicas=3).";

export function durableOf(view: Pick<PipelineView, "durability" | "nats" | "pipeline">): Durable {
  const { durability, nats } = view;
  if (nats.kind === "jetstream-off") return verdict("False", "JetStreamDisabled", nats.message);
  switch (durability.kind) {
    case "synced":
      return verdict("True", "Synced", "Every append is synced to disk before it is acknowledged.");
    case "replicated":
      return verdict("True", "Synced", `${durability.replicas} servers keep the pipeline's streams.`);
    case "ephemeral":
      return verdict(
        "False",
        "NotPersistent",
        "NATS has no volume: when its pod moves or is deleted, all jobs are lost. Set nats.persistence.enabled=true.",
      );
    case "not-synced":
      return verdict(
        "False",
        "NotSynced",
        `NATS acknowledges what is not on a disk yet, on one or two servers: when they lose power, accepted jobs are lost. ${CURE}`,
      );
    case "unproven": {
      const why = durability.why === null ? "" : ` (${durability.why})`;
      const what = `NATS is not this installation's own, and shows neither that it syncs every append nor that three servers keep the streams${why}.`;
      return verdict("Unknown", "NotProven", `${what} ${CURE}`);
    }
    case "unasked":
      return asBefore(view);
  }
}

/** What was known stays while nobody can be asked. */
function asBefore({ pipeline }: Pick<PipelineView, "pipeline">): Durable {
  const before = conditionOf(pipeline, "Durable");
  const [status, reason] = [textAt(before, "status"), textAt(before, "reason")];
  const known = KNOWN.find((each) => each.status === status && each.reason === reason);
  return known === undefined
    ? verdict("Unknown", "Reconciling", "NATS has not been asked yet.")
    : verdict(known.status, known.reason, textAt(before, "message"));
}

const KNOWN = [
  { status: "True", reason: "Synced" },
  { status: "False", reason: "NotPersistent" },
  { status: "False", reason: "NotSynced" },
  { status: "Unknown", reason: "NotProven" },
] as const;

function verdict(status: Durable["status"], reason: Durable["reason"], message: string): Durable {
  return { type: "Durable", status, reason, message };
}
