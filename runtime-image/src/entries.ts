/** Where the programs of this room lie: beside the bundle that runs, or among the sources. */

/** What a replica's process runs. */
export function agentEntry(): URL {
  return fromSource() ? new URL("./agent/main.ts", import.meta.url) : new URL("./agent.js", import.meta.url);
}

/** What the agent's worker thread runs. */
export function hostEntry(): URL {
  return fromSource() ? new URL("./host/main.ts", import.meta.url) : new URL("./host.js", import.meta.url);
}

/** What the process of an actor runs. */
export function actorEntry(): URL {
  return fromSource() ? new URL("./actors/actor-main.ts", import.meta.url) : new URL("./actor.js", import.meta.url);
}

/** What the thread of an actor runs. */
export function actorHostEntry(): URL {
  return fromSource() ? new URL("./actors/host-main.ts", import.meta.url) : new URL("./actor-host.js", import.meta.url);
}

/** What makes a program find the SDK that this installation carries. */
export function sdkPreload(): URL {
  return fromSource() ? new URL("./provide-sdk.ts", import.meta.url) : new URL("./provide-sdk.js", import.meta.url);
}

/**
 * Flags of a host's thread. Not those of the process: a thread refuses the ones that concern the whole process. They keep
 * Node from warning about users' files of what users can do nothing about.
 */
export const HOST_FLAGS = [
  "--disable-warning=MODULE_TYPELESS_PACKAGE_JSON",
  "--disable-warning=ExperimentalWarning",
] as const;

function fromSource(): boolean {
  return import.meta.url.endsWith(".ts");
}
