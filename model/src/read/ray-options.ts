import type { Json } from "../json.ts";

/** What a group option of MAGDA becomes: a field of the group, or nothing at all. */
export type RayOption =
  { readonly field: readonly string[]; readonly convert: (value: Json) => Json } | { readonly ignored: string };

const asIs = (value: Json): Json => value;

/** Ray has one number type; a fraction travels in quotes here. */
const asQuantity = (value: Json): Json =>
  typeof value === "number" && !Number.isInteger(value) ? String(value) : value;

const asBytes = (value: Json): Json => (typeof value === "number" ? Math.ceil(value) : value);

const RESTARTS = "Replicas that die are always replaced; jobs.maxAttempts of a Pipeline says how often a job is tried.";
const PLACEMENT = "Where replicas run is said by the template of a group in a Pipeline.";
const CLAIM = "Only num_cpus, num_gpus and memory are claimed.";
const NAMING = "Replicas are named after their group.";

export const RAY_OPTIONS: ReadonlyMap<string, RayOption> = new Map<string, RayOption>([
  ["replicas", { field: ["replicas"], convert: asIs }],
  ["max_concurrency", { field: ["concurrency"], convert: asIs }],
  ["num_cpus", { field: ["resources", "cpu"], convert: asQuantity }],
  ["num_gpus", { field: ["resources", "gpu"], convert: asQuantity }],
  ["memory", { field: ["resources", "memory"], convert: asBytes }],
  ["max_restarts", { ignored: RESTARTS }],
  ["max_task_retries", { ignored: RESTARTS }],
  ["max_pending_calls", { ignored: "jobs.maxInFlight of a Pipeline bounds what is open." }],
  ["name", { ignored: NAMING }],
  ["namespace", { ignored: NAMING }],
  ["lifetime", { ignored: "Replicas live as long as their pipeline." }],
  ["get_if_exists", { ignored: NAMING }],
  ["resources", { ignored: CLAIM }],
  ["object_store_memory", { ignored: CLAIM }],
  ["accelerator_type", { ignored: PLACEMENT }],
  ["scheduling_strategy", { ignored: PLACEMENT }],
  ["placement_group", { ignored: PLACEMENT }],
  ["placement_group_bundle_index", { ignored: PLACEMENT }],
  ["placement_group_capture_child_tasks", { ignored: PLACEMENT }],
  ["label_selector", { ignored: PLACEMENT }],
  ["fallback_strategy", { ignored: PLACEMENT }],
  ["runtime_env", { ignored: "Code and environment come from the modules' folder or image." }],
  ["concurrency_groups", { ignored: "max_concurrency bounds all calls of a replica together." }],
  ["allow_out_of_order_execution", { ignored: "Jobs of a group start in order." }],
  ["enable_task_events", { ignored: "Every job has a timeline." }],
  ["enable_tensor_transport", { ignored: "Values travel as JSON or binary." }],
]);
