/** What the host of an actor needs of this package, and nobody else. */
export { delivered, inCall, type CallContext } from "./call-context.ts";
export { decodeLoaded } from "./decode-loaded.ts";
export { ActorUsageError } from "./errors.ts";
export { ActorRuntime } from "./runtime.ts";
export { providedSystem, provideSystem } from "./system.ts";
export { encodeValues, errorData } from "./value-codec.ts";
