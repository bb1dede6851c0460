/** Tells which pipelines have something new to say: writers repeat themselves, and what nobody repeats any more becomes unknown. */
import { scopeKey, type LoadView, type Scope } from "@troupe/protocol";

/** How often is looked for pipelines of which nothing is known any more. */
const EXPIRY_CHECK_MS = 5_000;

export class LoadFeed implements Disposable {
  readonly #known: (scope: Scope) => LoadView;
  readonly #onNews: (scope: Scope) => void;
  readonly #told = new Map<string, { readonly scope: Scope; readonly text: string }>();
  readonly #timer: NodeJS.Timeout;

  constructor(known: (scope: Scope) => LoadView, onNews: (scope: Scope) => void) {
    this.#known = known;
    this.#onNews = onNews;
    this.#timer = setInterval(() => {
      for (const { scope } of this.#told.values()) this.heard(scope);
    }, EXPIRY_CHECK_MS);
    this.#timer.unref();
  }

  heard(scope: Scope): void {
    const key = scopeKey(scope);
    const view = this.#known(scope);
    const text = textOf(view);
    if (this.#told.get(key)?.text === text) return;
    if (text === NOTHING) this.#told.delete(key);
    else this.#told.set(key, { scope, text });
    this.#onNews(scope);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}

const NOTHING = textOf({ load: null, stalled: null, groups: new Map() });

/** What is said, without when. */
function textOf({ load, stalled, groups }: LoadView): string {
  const said =
    load === null ? null : { ...load, at: 0, groups: load.groups.map((group) => ({ ...group, lastBusyAt: 0 })) };
  return JSON.stringify([said, stalled === null ? null : { ...stalled, at: 0 }, [...groups.values()]]);
}
