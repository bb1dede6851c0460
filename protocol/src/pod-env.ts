/**
 * The environment of a replica's process: the contract between who starts replicas (operator, laptop) and the agent, or the nursery of a
 * free-standing Group.
 */
export const POD_ENV = {
  natsUrl: "TROUPE_NATS_URL",
  /** Path of a credentials file; absent: none. */
  natsCreds: "TROUPE_NATS_CREDS",
  namespace: "TROUPE_NAMESPACE",
  pipeline: "TROUPE_PIPELINE",
  uid: "TROUPE_UID",
  group: "TROUPE_GROUP",
  /** Name of the replica: the pod's name, or `g2-0` on the laptop. */
  replica: "TROUPE_REPLICA",
  templateHash: "TROUPE_TEMPLATE_HASH",
  /** Files and folders of modules, separated by the platform's path delimiter (`:`). */
  modules: "TROUPE_MODULES",
  /** Folder of stored payloads, on a machine that all replicas, coordinators and the client that started them share; absent: none. */
  payloads: "TROUPE_PAYLOADS",
  /** Folder for a nursery alone, with what its actors share of objects in NATS. It is emptied at the start. Absent: none. */
  objects: "TROUPE_OBJECTS",
  /** Bytes that this folder may take. Default 1 GiB. */
  objectBytes: "TROUPE_OBJECT_BYTES",
  /** CPUs that actors of the replica may claim. Default: the cores that the process may use. */
  cpus: "TROUPE_CPUS",
  /** GPUs that they may claim, a fraction included. Default 0. */
  gpus: "TROUPE_GPUS",
  /** Number of permits. Default 1. */
  concurrency: "TROUPE_CONCURRENCY",
  /** Heap limit of the host in MiB; absent: Node's default. */
  hostMemoryMb: "TROUPE_HOST_MEMORY_MB",
  /** Port of `/livez` and `/readyz`; absent: nobody asks. */
  healthPort: "TROUPE_HEALTH_PORT",
  /** `1`: wait for a NATS that cannot be reached at the start; `0`: end. Default: wait where Kubernetes has started it. */
  waitForNats: "TROUPE_WAIT_FOR_NATS",
  /** Milliseconds that a draining agent waits for what runs. Default 30,000. */
  drainMs: "TROUPE_DRAIN_MS",
} as const;
