/** `troupe exec`: a program of the user's own, on the Node and with the SDK of this installation. */
import { spawn } from "node:child_process";
import { statSync } from "node:fs";
import { constants } from "node:os";
import { resolve } from "node:path";
import { CommandError } from "../command-error.ts";

/** @returns the program's exit status; 128 and the number of the signal that ended it */
export async function exec(file: string, words: readonly string[]): Promise<number> {
  if (statSync(file, { throwIfNoEntry: false })?.isFile() !== true)
    throw new CommandError("NoSuchFile", `${file} is no file`, { hint: `Looked at ${resolve(file)}.` });
  const { sdkPreload } = await import("@troupe/runtime-image");
  const flags = ["--disable-warning=ExperimentalWarning", "--disable-warning=MODULE_TYPELESS_PACKAGE_JSON"];
  const child = spawn(process.execPath, [...flags, `--import=${sdkPreload().href}`, file, ...words], {
    stdio: "inherit",
  });
  // A terminal tells both of us; who waits for the program must not end before it.
  process.on("SIGINT", () => undefined);
  for (const signal of ["SIGTERM", "SIGHUP"] as const) process.on(signal, () => child.kill(signal));
  return new Promise((settle, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => {
      settle(signal === null ? (code ?? 1) : 128 + constants.signals[signal]);
    });
  });
}
