/** A pipeline of which nothing is there yet, for the tests of what is decided. */
import type { PipelineSpec } from "@troupe/model";
import { DEFAULT_CONTROL } from "@troupe/protocol";
import type { PipelineView } from "./pipeline-view.ts";

const OWNER = { apiVersion: "troupe.dev/v1alpha1", kind: "Pipeline", name: "p", uid: "u" };

export function viewOf(spec: PipelineSpec, fields: Partial<PipelineView> = {}): PipelineView {
  const metadata = { name: "p", namespace: "n", uid: "u" };
  return {
    pipeline: { apiVersion: "troupe.dev/v1alpha1", kind: "Pipeline", metadata, spec },
    owner: OWNER,
    namespace: "n",
    groups: [],
    source: { contentHash: null },
    revisions: [],
    sourceCopies: [],
    runningGroups: new Set(),
    load: { load: null, stalled: null, groups: new Map() },
    control: DEFAULT_CONTROL,
    nats: { kind: "connected" },
    durability: { kind: "synced" },
    nowMs: 0,
    ...fields,
  };
}
