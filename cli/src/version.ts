/** Of the whole project: its rooms are released together. */
export const VERSION = "0.1.0";

/** What `troupe version` and `troupe --version` print. */
export const VERSION_TEXT = `troupe ${VERSION} (Node ${process.versions.node})`;
