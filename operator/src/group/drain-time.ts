import { isPlainObject, type GroupSettings } from "@troupe/model";

/** Model's default of `graceSeconds`. */
const DEFAULT_GRACE_SECONDS = 5;
/** For tearing modules down and leaving NATS, behind all other patience. */
const TEARDOWN_SECONDS = 10;

export interface DrainTime {
  /** How long the agent waits for what runs. */
  readonly drainMs: number;
  /** How long the kubelet waits for the agent: longer, or a drain would end in a kill. */
  readonly terminationGracePeriodSeconds: number;
}

/** A template that names `terminationGracePeriodSeconds` says how long a pod may take to leave; else the installation does. */
export function drainTime({ template, graceSeconds }: GroupSettings, drainSeconds: number): DrainTime {
  const beside = Math.ceil(graceSeconds ?? DEFAULT_GRACE_SECONDS) + TEARDOWN_SECONDS;
  const asked = isPlainObject(template?.["spec"]) ? template["spec"]["terminationGracePeriodSeconds"] : undefined;
  const drain = typeof asked === "number" ? Math.max(1, asked - beside) : drainSeconds;
  return { drainMs: drain * 1000, terminationGracePeriodSeconds: drain + beside };
}
