import { fileURLToPath } from "node:url";
import { existsSync } from "node:fs";

/** The file to start a coordinator with: the bundle beside the running one, or the source. */
export function coordinatorEntry(): URL {
  const bundled = new URL("./coordinator.js", import.meta.url);
  return existsSync(fileURLToPath(bundled)) ? bundled : new URL("./main.ts", import.meta.url);
}
