/** Where things lie in a group's pod: the contract with `runtime-image/Dockerfile`. */

/** The bundles of agent, host and SDK. */
export const RUNTIME_FOLDER = "/opt/troupe";
export const AGENT_FILE = `${RUNTIME_FOLDER}/agent.js`;
/** What a replica of a free-standing Group runs. */
export const NURSERY_FILE = `${RUNTIME_FOLDER}/nursery.js`;
/** Where the init container sees the folder that the main container has as {@link RUNTIME_FOLDER}. */
export const RUNTIME_COPY_FOLDER = "/troupe-runtime";
/** Brings agent, host and Node itself, with its libraries and their loader, into a folder. */
export const INSTALL_FILE = `${RUNTIME_FOLDER}/install.js`;
/** How agent or nursery are started in an image of the user's own, whatever C library that has: by the loader that came along. */
export const BROUGHT_COMMAND: readonly string[] = [
  `${RUNTIME_FOLDER}/lib/loader`,
  "--library-path",
  `${RUNTIME_FOLDER}/lib`,
  `${RUNTIME_FOLDER}/bin/node`,
];
/** The module files: a mounted ConfigMap, or where an image of one's own has them. */
export const MODULES_FOLDER = "/modules";
export const CREDENTIALS_FOLDER = "/var/run/troupe/nats";
export const CREDENTIALS_KEY = "user.creds";
/** Certificates of the authority that NATS's are of, which Node trusts beside the widely known ones. */
export const NATS_CA_FOLDER = "/var/run/troupe/nats-ca";
export const NATS_CA_KEY = "ca.crt";
/** What the actors of a replica share of objects in NATS. */
export const OBJECTS_FOLDER = "/var/run/troupe/objects";
/** What the nursery may keep there. */
export const OBJECT_BYTES = 4 * 1024 ** 3;
/** Kubernetes evicts a pod that has more; a disk counts in blocks, and so a little more. */
export const OBJECTS_SIZE_LIMIT = "4352Mi";
/** The agent's `/livez` and `/readyz`. */
export const HEALTH_PORT = 7080;
/** A user and group that no image gives a meaning to. */
export const POD_USER = 65532;
