import { Fields } from "../fields.ts";

/** What Kubernetes says of a free-standing Group: that there is one, and how many replicas it is to have. Written by the operator. */
export interface GroupMark {
  readonly replicas: number;
  /** Its replicas come when there is something to do for them. */
  readonly isAutoscaled: boolean;
}

/** @throws {EnvelopeError} when the value is none. */
export function parseGroupMark(raw: unknown): GroupMark {
  const fields = new Fields(raw, "group");
  fields.check({ replicas: "number", isAutoscaled: "boolean" });
  return fields.as<GroupMark>();
}
