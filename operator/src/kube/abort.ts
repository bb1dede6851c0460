/**
 * One signal for all that may end something. `AbortSignal.any` would keep what it made for as long as the longest of its sources lives; here the
 * link is cut with the scope.
 */
import { KubeError } from "./error.ts";

export interface SignalLink extends Disposable {
  /** Aborted with the reason of the first source that is. */
  readonly signal: AbortSignal;
  abort(reason: unknown): void;
}

export function linkSignals(sources: readonly (AbortSignal | undefined)[]): SignalLink {
  const controller = new AbortController();
  const links = sources.flatMap((source) => {
    if (source === undefined) return [];
    const abort = (): void => {
      controller.abort(source.reason);
    };
    if (source.aborted) abort();
    else source.addEventListener("abort", abort, { once: true });
    return [{ source, abort }];
  });
  return {
    signal: controller.signal,
    abort: (reason) => {
      controller.abort(reason);
    },
    [Symbol.dispose]: () => {
      for (const { source, abort } of links) source.removeEventListener("abort", abort);
    },
  };
}

export interface AbortLink extends Disposable {
  readonly signal: AbortSignal;
  /** The time limit begins anew. */
  refresh(): void;
}

/** What ends a call: its caller, the loss of leadership, or its time limit, whose reason is a {@link KubeError} `Timeout`. */
export function linkAborts(call: string, timeoutMs: number, sources: readonly (AbortSignal | undefined)[]): AbortLink {
  const link = linkSignals(sources);
  const timer = setTimeout(() => {
    const message = `${call}: no answer within ${timeoutMs} ms`;
    link.abort(new KubeError({ status: 0, reason: "Timeout", message }));
  }, timeoutMs);
  return {
    signal: link.signal,
    refresh: () => {
      timer.refresh();
    },
    [Symbol.dispose]: () => {
      clearTimeout(timer);
      link[Symbol.dispose]();
    },
  };
}
