/** One signal for all that may end a call: its caller, its time limit, the loss of leadership. */
import { KubeError } from "./error.ts";

export interface AbortLink extends Disposable {
  readonly signal: AbortSignal;
  /** The time limit begins anew. */
  refresh(): void;
}

/**
 * `AbortSignal.any` would keep every call alive for as long as the longest of its signals lives; here they are let go with the call.
 * @param timeoutMs after so long without `refresh` the reason is a {@link KubeError} `Timeout`
 */
export function linkAborts(call: string, timeoutMs: number, sources: readonly (AbortSignal | undefined)[]): AbortLink {
  const controller = new AbortController();
  const timer = setTimeout(() => {
    const message = `${call}: no answer within ${timeoutMs} ms`;
    controller.abort(new KubeError({ status: 0, reason: "Timeout", message }));
  }, timeoutMs);
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
    refresh: () => {
      timer.refresh();
    },
    [Symbol.dispose]: () => {
      clearTimeout(timer);
      for (const { source, abort } of links) source.removeEventListener("abort", abort);
    },
  };
}
