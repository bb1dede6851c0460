import type { MessagePort } from "node:worker_threads";
import type { ModuleTypeFacts } from "@troupe/model";
import { nameOf, registrations, type Registration } from "@troupe/sdk";
import { loadModules } from "./load-modules.ts";
import type { Description } from "./protocol.ts";

/** Loads the files, says what is registered, and nothing else. */
export async function answerDescription(paths: readonly string[], port: MessagePort): Promise<void> {
  const { problems } = await loadModules(paths);
  const description: Description = { types: registrations().map(factsOf), problems };
  port.postMessage(description);
}

function factsOf({ type, aggregate, produces, accepts, file }: Registration): ModuleTypeFacts {
  return {
    type,
    aggregate,
    produces: produces === null ? null : nameOf(produces),
    accepts: accepts?.map(nameOf) ?? null,
    file,
  };
}
