/** Where nats-server lies on this machine. */
import { accessSync, constants, statSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { LocalError } from "./local-error.ts";

export interface FindOptions {
  /** Path of the binary; nothing else is looked at then. Default: `$NATS_SERVER`. */
  readonly binary?: string | undefined;
  /** Root of the checkout or of what was installed, whose `.troupe/tools` is looked at. */
  readonly root: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * `$NATS_SERVER`, then `PATH`, then `.troupe/tools`, then where `go install` puts it.
 * @throws {LocalError} NatsServerMissing, with all the places that were looked at
 */
export function findNatsServer({ binary, root, env }: FindOptions): string {
  const named = binary ?? env["NATS_SERVER"];
  if (named !== undefined && named !== "")
    return requireNamed(named, binary === undefined ? "$NATS_SERVER" : "the natsServer option");
  const onPath = (env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  const goBin = env["GOBIN"] ?? join(env["GOPATH"] ?? join(homedir(), "go"), "bin");
  const places = [...onPath, join(root, ".troupe", "tools"), goBin].map((folder) => join(folder, "nats-server"));
  const found = places.find(isExecutable);
  if (found !== undefined) return found;
  throw new LocalError(
    "NatsServerMissing",
    `nats-server was not found: NATS_SERVER is not set, and there is none on PATH, in ${join(root, ".troupe", "tools")} or in ${goBin}`,
    "Run `make setup` in a checkout, install it (https://nats.io/download, or `go install github.com/nats-io/nats-server/v2@latest`), or set NATS_SERVER to its path",
  );
}

function requireNamed(path: string, by: string): string {
  if (isExecutable(path)) return path;
  throw new LocalError(
    "NatsServerMissing",
    `${by} names ${path}, and that is no executable file`,
    "Correct the path, or leave it out to have nats-server looked for",
  );
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
