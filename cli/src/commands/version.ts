import { EXIT, type ExitCode } from "../exit-codes.ts";
import { VERSION, VERSION_TEXT } from "../version.ts";
import { isJson } from "./run-options.ts";

export async function version(output: string | undefined): Promise<ExitCode> {
  const node = process.versions.node;
  process.stdout.write(`${isJson(output) ? JSON.stringify({ troupe: VERSION, node }) : VERSION_TEXT}\n`);
  return EXIT.ok;
}
