import { registerHooks } from "node:module";

const SDK = "@troupe/sdk";
let provided = false;

/**
 * From now on `import "@troupe/sdk"` means the SDK that this program carries, from wherever a pipeline's file lies: so such a
 * file needs no `node_modules`, and shares our registry of module types.
 */
export function provideSdk(): void {
  if (provided) return;
  provided = true;
  const url = import.meta.url.endsWith(".ts") ? import.meta.resolve(SDK) : new URL("./sdk.js", import.meta.url).href;
  registerHooks({
    resolve: (specifier, context, next) => (specifier === SDK ? { url, shortCircuit: true } : next(specifier, context)),
  });
}
