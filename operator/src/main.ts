/** The operator's process: the only place that constructs, and that ends the process. */
import { KubeConfig } from "@kubernetes/client-node";
import { randomBytes } from "node:crypto";
import { ConfigError, readConfig } from "./config.ts";
import { newLog } from "./log.ts";
import { runOperator } from "./operator.ts";

/** Leadership was lost: start again. */
const LOST_EXIT = 3;

const stop = new AbortController();
for (const signal of ["SIGTERM", "SIGINT"] as const)
  process.on(signal, () => {
    stop.abort();
  });
// Started by a parent that is gone: nobody would ever stop it.
process.on("disconnect", () => {
  stop.abort();
});

try {
  const config = readConfig(process.env);
  const log = newLog(config.logLevel);
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromDefault();
  const clock = { nowMs: () => Date.now(), random: () => randomBytes(32) };
  const onStarted = (started: { readonly healthPort: number }): void => {
    log.info("started", started);
    process.send?.(started);
  };
  const end = await runOperator({ config, kubeConfig, clock, log, onStarted }, stop.signal);
  process.exit(end === "stopped" ? 0 : LOST_EXIT);
} catch (error) {
  const text =
    error instanceof ConfigError
      ? error.message
      : error instanceof Error
        ? (error.stack ?? error.message)
        : String(error);
  newLog("error").error("the operator ends", { error: text });
  process.exit(1);
}
