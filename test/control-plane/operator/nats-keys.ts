/** The operator's init container as the process that it is: it makes the keys of the bundled NATS, with the operator's own rights. */
import { execFile } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { RELEASE } from "./rights.ts";
import type { World } from "./world.ts";

const ENTRY = fileURLToPath(new URL("../../../operator/src/credentials/main.ts", import.meta.url));

/** @returns the folder of credentials that it leaves to the operator; it goes with the world */
export async function makeNatsKeys(world: World): Promise<string> {
  const folder = join(dirname(world.kubeconfig), "nats-credentials");
  await promisify(execFile)(process.execPath, ["--disable-warning=ExperimentalWarning", ENTRY], {
    env: {
      PATH: process.env["PATH"],
      KUBECONFIG: world.kubeconfig,
      TROUPE_NAMESPACE: RELEASE.namespace,
      TROUPE_INSTALLATION: RELEASE.name,
      TROUPE_NATS_SECRETS: `${RELEASE.name}-nats`,
      TROUPE_NATS_CREDENTIALS: folder,
    },
  });
  return folder;
}
