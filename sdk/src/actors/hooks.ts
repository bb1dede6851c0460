/** How handles, classes and functions travel as parts of values. */
import type { CodeRef } from "@troupe/protocol";
import { NeedsCode } from "./decode-loaded.ts";
import { refOf, type ActorRef } from "./handle.ts";
import type { CodeLoader } from "./load-code.ts";
import type { ActorRuntime } from "./runtime.ts";
import { sharedDataOf, type SharedData } from "./shared.ts";
import type { Tagged, ValueHooks } from "./value-codec.ts";

export function hooksOf(runtime: ActorRuntime, loader: CodeLoader): ValueHooks {
  return {
    dataOf: (value) => {
      const ref = refOf(value);
      if (ref !== undefined) return { kind: "handle", data: ref };
      const shared = sharedDataOf(value);
      if (shared !== undefined) {
        runtime.shared.sent(shared);
        return { kind: "shared", data: shared };
      }
      return typeof value === "function" ? { kind: "code", data: runtime.codeOf(value as () => unknown) } : undefined;
    },
    valueOf: ({ kind, data }: Tagged) => {
      if (kind === "handle") return runtime.handleOf(data as ActorRef);
      if (kind === "shared") return runtime.shared.refTo(data as SharedData);
      const ref = data as CodeRef;
      const code = loader.known(ref);
      if (code === undefined) throw new NeedsCode(ref);
      return code;
    },
  };
}
