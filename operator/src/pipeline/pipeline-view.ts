/** Everything that a visit of a Pipeline looks at, read at one moment. */
import type { LoadView, PipelineControl } from "@troupe/protocol";
import type { Owner } from "../children/child.ts";
import type { Durability } from "../nats/durability.ts";
import type { NatsState } from "../group/group-view.ts";
import type { GroupObject, PipelineObject } from "../resources.ts";
import type { SourceFacts } from "./accept.ts";
import type { StoredRevision } from "./stored-revision.ts";

export interface PipelineView {
  readonly pipeline: PipelineObject;
  readonly owner: Owner;
  readonly namespace: string;
  /** All of the namespace. */
  readonly groups: readonly GroupObject[];
  readonly source: SourceFacts;
  /** Of this Pipeline, the newest first. */
  readonly revisions: readonly StoredRevision[];
  /** Names of the copies of sources that this Pipeline owns. */
  readonly sourceCopies: readonly string[];
  /** Names of Groups whose templates have Deployments still. */
  readonly runningGroups: ReadonlySet<string>;
  readonly load: LoadView;
  readonly control: PipelineControl;
  readonly nats: NatsState;
  readonly durability: Durability;
  readonly nowMs: number;
}
