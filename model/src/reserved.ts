/** What in a pod belongs to Troupe, and no template may touch. */

/** Name of the container that runs the modules of a group. */
export const MAIN_CONTAINER = "troupe";
/** Start of the labels that select the pods of a group. */
export const RESERVED_LABEL_PREFIX = "troupe.dev/";
/** Start of the environment variables that tell an agent who it is. */
export const RESERVED_ENV_PREFIX = "TROUPE_";
/** Start of the names of managed volumes, and of their mounts. */
export const RESERVED_VOLUME_PREFIX = "troupe-";
/** Fields of the main container that have fields of their own in a Group, or keep the pod safe. */
export const RESERVED_CONTAINER_FIELDS = [
  "livenessProbe",
  "readinessProbe",
  "startupProbe",
  "resources",
  "securityContext",
] as const;
