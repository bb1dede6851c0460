import { POD_ENV } from "../pod-env.ts";

/** Whether a process waits for NATS that is not there at its start: in a pod, where nobody looks at an exit code, and not on the laptop. */
export function waitsForNats(env: Readonly<Record<string, string | undefined>>): boolean {
  const told = env[POD_ENV.waitForNats] ?? "";
  return told === "" ? env["KUBERNETES_SERVICE_HOST"] !== undefined : told === "1";
}
