/**
 * Entry of the init container that brings agent and host into an image of the user's own: `node install.js FOLDER`. Node comes along, with
 * the libraries that it needs and their loader, so the image may be any: with another C library, another Node, or none.
 */
import { chmodSync, copyFileSync, cpSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { librariesOf, sonameOf } from "./libraries.ts";

const target = process.argv[2];
if (target === undefined) {
  process.stderr.write(
    "install.js needs the folder that agent and host are to be copied to, such as /troupe-runtime\n",
  );
  process.exit(2);
}

const { loader, libraries } = librariesOf(readFileSync("/proc/self/maps", "utf8"));
cpSync(import.meta.dirname, target, { recursive: true });
for (const folder of ["bin", "lib"]) mkdirSync(join(target, folder), { recursive: true });
install(process.execPath, join(target, "bin/node"));
for (const library of libraries) install(library, join(target, "lib", sonameOf(library)));
// One name on every architecture, so that a pod's command need not know it.
if (loader !== null) install(loader, join(target, "lib/loader"));

function install(from: string, to: string): void {
  copyFileSync(from, to);
  chmodSync(to, 0o755);
}
