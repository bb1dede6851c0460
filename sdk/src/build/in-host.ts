/** Whether this process is a replica that loads modules, or a thread that looks at them. */
import { POD_ENV } from "@troupe/protocol";
import { StartedInHostError } from "./errors.ts";

/** Set by hosts before they import user code. */
const HOST = Symbol.for("troupe.host");

/** @throws {StartedInHostError} */
export function refuseInHost(pipeline: string, what: string): void {
  const marked: unknown = Reflect.get(globalThis, HOST);
  // A replica's process is known by its environment too: that of another version may not set the mark.
  const isReplica = process.env[POD_ENV.replica] !== undefined && process.env[POD_ENV.templateHash] !== undefined;
  if (isReplica || (marked !== undefined && marked !== false)) throw new StartedInHostError(pipeline, what);
}
