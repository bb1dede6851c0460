/** What the runtime tells of itself, for logs and metrics. It takes no library for either. */
import { type ObjectKey } from "./object.ts";

export type Observation =
  /** An informer has fetched all of a kind. */
  | { readonly type: "listed"; readonly resource: string; readonly namespace: string; readonly objects: number }
  /** An informer's list or watch failed; it tries again after `retryMs`. */
  | {
      readonly type: "watch-failed";
      readonly resource: string;
      readonly namespace: string;
      readonly error: unknown;
      readonly retryMs: number;
    }
  /** A handler or an index function of an informer threw: a mistake in the program. The informer goes on. */
  | { readonly type: "handler-failed"; readonly resource: string; readonly error: unknown }
  | {
      readonly type: "reconciled";
      readonly controller: string;
      readonly key: ObjectKey;
      readonly result: "settled" | "again" | "terminal" | "failed";
      readonly tookMs: number;
      /** Of `terminal` and `failed`. */
      readonly error?: unknown;
      /** When it is looked at again by itself: of `again` and `failed`. */
      readonly retryMs?: number;
      /** Keys that wait for a worker. */
      readonly depth: number;
    }
  | { readonly type: "leading"; readonly lease: string; readonly identity: string }
  | { readonly type: "leadership-lost"; readonly lease: string; readonly identity: string; readonly why: string }
  | { readonly type: "lease-failed"; readonly lease: string; readonly error: unknown }
  /** An event could not be written; nobody waits for it. */
  | { readonly type: "event-dropped"; readonly reason: string; readonly error: unknown };

export type Observe = (observation: Observation) => void;
