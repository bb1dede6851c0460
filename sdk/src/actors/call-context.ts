/** The call that the running code belongs to, as far as it is known: across every await. */
import { AsyncLocalStorage } from "node:async_hooks";

export interface CallContext {
  readonly method: string;
  /** Aborts when the call is cancelled. */
  readonly signal: AbortSignal;
  /** Deliveries of calls that this one has made: it is not done before they are. */
  readonly deliveries: Set<Promise<void>>;
}

const contexts = new AsyncLocalStorage<CallContext>();

export function currentCall(): CallContext | undefined {
  return contexts.getStore();
}

export function inCall<T>(context: CallContext, run: () => T): T {
  return contexts.run(context, run);
}

/**
 * Aborts when the caller cancels the call or task that is running. Outside of one it never aborts.
 *
 * @example
 * async function search(text: string) {
 *   const answer = await fetch(`https://example.org/?q=${text}`, { signal: callSignal() });
 */
export function callSignal(): AbortSignal {
  return contexts.getStore()?.signal ?? NEVER;
}

const NEVER = new AbortController().signal;

/** Resolves when everything that the call has sent was taken or refused by those it was sent to. */
export async function delivered({ deliveries }: CallContext): Promise<void> {
  while (deliveries.size > 0) await Promise.all([...deliveries]);
}
