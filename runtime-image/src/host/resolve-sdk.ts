import { registerHooks } from "node:module";
import { pathToFileURL } from "node:url";

const SDK = "@troupe/sdk";

/**
 * Makes `import "@troupe/sdk"` mean the SDK that this program carries, from wherever a module file lies: so modules need no
 * `node_modules`, and share the host's classes and registry.
 */
export function provideSdk(): void {
  const url = sdkUrl();
  registerHooks({
    resolve: (specifier, context, next) => (specifier === SDK ? { url, shortCircuit: true } : next(specifier, context)),
  });
}

/** `sdk.js` beside the bundle, or the sources when run from them. */
function sdkUrl(): string {
  return import.meta.url.endsWith(".ts") ? import.meta.resolve(SDK) : new URL("./sdk.js", import.meta.url).href;
}

/** The URL that a module file is imported by. */
export function urlOf(file: string): string {
  return pathToFileURL(file).href;
}
