// Bundles the programs: `node hack/bundle.mjs [FOLDER]` (.troupe/build unless told otherwise). One file to load instead
// of several hundred is most of the difference between a start of 0.1 and one of 0.5 seconds.
// `node hack/bundle.mjs FOLDER IMAGE` bundles what an image carries, without source maps and without local/.
//
// What the programs share is split into chunks beside them. So a user's module that imports @troupe/sdk (sdk.js) gets
// the very classes and registry that the host (host.js) works with, although they are two entry points.
import { mkdir, readdir, rename, stat, unlink, writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

/** Name of the bundle → its entry. The programs look for each other under these names, in their own folder. */
const ENTRIES = {
  cli: "cli/src/main.ts",
  coordinator: "coordinator/src/main.ts",
  agent: "runtime-image/src/agent/main.ts",
  host: "runtime-image/src/host/main.ts",
  nursery: "runtime-image/src/actors/nursery-main.ts",
  actor: "runtime-image/src/actors/actor-main.ts",
  "actor-host": "runtime-image/src/actors/host-main.ts",
  keeper: "local/src/actors/keeper-main.ts",
  "bus-thread": "sdk/src/actors/bus-thread.ts",
  sdk: "sdk/src/index.ts",
  "provide-sdk": "runtime-image/src/provide-sdk.ts",
};

/** What each image carries; see hack/images/. */
const IMAGES = {
  "control-plane": {
    coordinator: ENTRIES.coordinator,
    operator: "operator/src/main.ts",
    "nats-keys": "operator/src/credentials/main.ts",
    uninstall: "operator/src/uninstall/main.ts",
  },
  runtime: {
    agent: ENTRIES.agent,
    host: ENTRIES.host,
    nursery: ENTRIES.nursery,
    actor: ENTRIES.actor,
    "actor-host": ENTRIES["actor-host"],
    // A pipeline's module may call the actors of a Group.
    "bus-thread": ENTRIES["bus-thread"],
    sdk: ENTRIES.sdk,
    install: "runtime-image/src/install/main.ts",
  },
};

/** How long a chunk that is no longer written is kept: a program that started before may still load it. */
const KEEP_OLD_MS = 24 * 3600 * 1000;

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const folder = resolve(process.argv[2] ?? join(root, ".troupe/build"));
const image = process.argv[3];
const entries = image === undefined ? ENTRIES : IMAGES[image];
if (entries === undefined) {
  console.error(`there is no image "${image}"; there are ${Object.keys(IMAGES).join(" and ")}`);
  process.exit(2);
}

const { outputFiles } = await build({
  absWorkingDir: root,
  entryPoints: entries,
  outdir: folder,
  bundle: true,
  splitting: true,
  write: false,
  format: "esm",
  platform: "node",
  target: "node22.20",
  // Flat, so that import.meta.url names the same folder in a chunk as in a program.
  chunkNames: "[name]-[hash]",
  sourcemap: image === undefined ? "linked" : false,
  // TypeScript is 9 MB that only a user's module with decorators needs; it is loaded from node_modules when it is.
  // A pod never starts a whole system of its own.
  external: ["ts-node", "typescript", ...(image === undefined ? [] : ["@troupe/local"])],
  // CommonJS packages (nats, winston) ask for Node's own modules by require.
  banner: {
    js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
  },
  logLevel: "warning",
}).catch(() => process.exit(1)); // esbuild has said what is wrong, and where

await mkdir(folder, { recursive: true });
// Chunks first: a program that starts in between finds all that it names.
const entriesLast = outputFiles.toSorted((a, b) => Number(isEntry(a.path)) - Number(isEntry(b.path)));
for (const { path, contents } of entriesLast) await replace(path, contents);
await dropOldChunks(new Set(outputFiles.map(({ path }) => basename(path))));

function isEntry(path) {
  return basename(path).replace(/\.js(\.map)?$/, "") in entries;
}

async function replace(path, contents) {
  await writeFile(`${path}.new`, contents);
  await rename(`${path}.new`, path);
}

async function dropOldChunks(current) {
  for (const name of await readdir(folder)) {
    if (current.has(name)) continue;
    const { mtimeMs } = await stat(join(folder, name));
    if (Date.now() - mtimeMs > KEEP_OLD_MS) await unlink(join(folder, name));
  }
}
