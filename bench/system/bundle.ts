/** Bundles the programs as hack/bundle.mjs does, with `bundled.ts` beside them. */
import { build } from "esbuild";
import { mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type * as Bundled from "./bundled.ts";

export const ROOT = resolve(import.meta.dirname, "../..");
export const BUILD_FOLDER = join(ROOT, ".troupe/bench-build");

export type Troupe = typeof Bundled;

export async function bundleTroupe(): Promise<Troupe> {
  await mkdir(BUILD_FOLDER, { recursive: true });
  await build({
    absWorkingDir: ROOT,
    entryPoints: {
      coordinator: "coordinator/src/main.ts",
      agent: "runtime-image/src/agent/main.ts",
      host: "runtime-image/src/host/main.ts",
      actor: "runtime-image/src/actors/actor-main.ts",
      "actor-host": "runtime-image/src/actors/host-main.ts",
      keeper: "local/src/actors/keeper-main.ts",
      "bus-thread": "sdk/src/actors/bus-thread.ts",
      sdk: "sdk/src/index.ts",
      bundled: "bench/system/bundled.ts",
      idle: "bench/system/idle.ts",
      "actor-load": "bench/system/actor-load.ts",
    },
    outdir: BUILD_FOLDER,
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node22.20",
    chunkNames: "[name]-[hash]",
    sourcemap: "linked",
    external: ["ts-node", "typescript"],
    banner: {
      js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
    },
    logLevel: "warning",
  });
  return (await import(pathToFileURL(join(BUILD_FOLDER, "bundled.js")).href)) as Troupe;
}
