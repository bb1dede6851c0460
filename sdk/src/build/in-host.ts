/** Whether this process is a replica that loads modules: the host sets the mark before it imports them. */
import { StartedInHostError } from "./errors.ts";

const HOST = Symbol.for("troupe.host");

/** @throws {StartedInHostError} */
export function refuseInHost(pipeline: string, what: string): void {
  const mark: unknown = Reflect.get(globalThis, HOST);
  if (mark !== undefined && mark !== false) throw new StartedInHostError(pipeline, what);
}
