import { EXIT, type ExitCode } from "../exit-codes.ts";
import { VERSION } from "../version.ts";
import { isJson } from "./run-options.ts";

export async function version(output: string | undefined): Promise<ExitCode> {
  const node = process.versions.node;
  process.stdout.write(
    isJson(output) ? `${JSON.stringify({ troupe: VERSION, node })}\n` : `troupe ${VERSION} (Node ${node})\n`,
  );
  return EXIT.ok;
}
