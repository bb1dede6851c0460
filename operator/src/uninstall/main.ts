/**
 * Entry of the chart's pre-delete hook. The operator is stopped and its finalizers are taken off, so that Pipelines stay and nothing is ever
 * stuck in Terminating. With TROUPE_PURGE=true all Pipelines and Groups are deleted first, while the operator can still clean up.
 */
import { KubeConfig } from "@kubernetes/client-node";
import { secretNames } from "../credentials/ensure-secrets.ts";
import { KubeClient } from "../kube/index.ts";
import { deleteAll, deleteSecrets, releaseAll, stopOperator, type Uninstalling } from "./steps.ts";

const config = new KubeConfig();
config.loadFromDefault();
const client = KubeClient.for(config, "troupe-uninstall");
const watched = process.env["TROUPE_WATCH_NAMESPACES"] ?? "";
/** Three times what a pod is given to end. */
const STOP_TIMEOUT_MS = 90_000;
const at: Uninstalling = {
  client,
  namespace: required("TROUPE_NAMESPACE"),
  watched: watched === "" ? null : watched.split(","),
  log: (message) => process.stdout.write(`${message}\n`),
};
const isPurge = process.env["TROUPE_PURGE"] === "true";
if (isPurge) {
  const left = await deleteAll(at, Number(required("TROUPE_PURGE_TIMEOUT_SECONDS")) * 1000);
  if (left.length > 0) at.log(`not gone within the time, and released as they are: ${left.join(", ")}`);
}
await stopOperator(at, {
  deployment: required("TROUPE_OPERATOR"),
  selector: required("TROUPE_OPERATOR_SELECTOR"),
  timeoutMs: STOP_TIMEOUT_MS,
});
await releaseAll(at);
const prefix = process.env["TROUPE_NATS_SECRETS"];
if (isPurge && prefix !== undefined) await deleteSecrets(at, Object.values(secretNames(prefix)));
client.close();

function required(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === "") throw new Error(`${name} is not set: the chart sets it for this hook`);
  return value;
}
