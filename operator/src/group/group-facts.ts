/** What is known of a group before its pods are described: settled, resolved, and found to be in order. */
import type { GroupSettings, ResourcesSpec } from "@troupe/model";
import type { GroupName } from "../children/names.ts";

export interface GroupFacts extends GroupName {
  readonly namespace: string;
  /** Of the Pipeline, or of the free-standing Group: it is in the names of streams and keys. */
  readonly uid: string;
  readonly settings: GroupSettings & { readonly resources?: ResourcesSpec };
  readonly source: ResolvedSource;
  /** The Secret with the group's NATS credentials; null: NATS asks for none. */
  readonly credentialsSecret: string | null;
}

/** Where a group's code comes from, as its pods see it. */
export interface ResolvedSource {
  /** An image of the user's own; null: the runtime image. */
  readonly image: string | null;
  /** The immutable copy of the ConfigMap of modules; null: the image has them. */
  readonly configMap: string | null;
}
