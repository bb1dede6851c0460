import { POD_ENV } from "@troupe/protocol";
import { parseQuantity, type Json, type ResourcesSpec } from "@troupe/model";
import type { Installation } from "../installation.ts";
import { hostMemoryMb } from "./container-claims.ts";
import { drainTime } from "./drain-time.ts";
import type { GroupFacts } from "./group-facts.ts";
import {
  CREDENTIALS_FOLDER,
  CREDENTIALS_KEY,
  HEALTH_PORT,
  MODULES_FOLDER,
  NATS_CA_FOLDER,
  NATS_CA_KEY,
  OBJECT_BYTES,
  OBJECTS_FOLDER,
} from "./pod-paths.ts";

/** The environment of the agent or nursery, but for the template's hash, which covers the rest. */
export function containerEnv(facts: GroupFacts, installation: Installation): Json[] {
  const { settings, credentialsSecret } = facts;
  const memory = hostMemoryMb(settings.resources);
  const values: Record<string, string | null> = {
    [POD_ENV.natsUrl]: installation.natsUrl,
    [POD_ENV.natsCreds]: credentialsSecret === null ? null : `${CREDENTIALS_FOLDER}/${CREDENTIALS_KEY}`,
    NODE_EXTRA_CA_CERTS: installation.natsCa === null ? null : `${NATS_CA_FOLDER}/${NATS_CA_KEY}`,
    [POD_ENV.namespace]: facts.namespace,
    [POD_ENV.pipeline]: facts.pipeline ?? facts.group,
    [POD_ENV.uid]: facts.uid,
    [POD_ENV.group]: facts.group,
    [POD_ENV.modules]: MODULES_FOLDER,
    ...(facts.pipeline === null ? nurseryEnv(settings.resources) : {}),
    [POD_ENV.concurrency]: String(settings.concurrency ?? 1),
    [POD_ENV.hostMemoryMb]: memory === null ? null : String(memory),
    [POD_ENV.drainMs]: String(drainTime(settings, installation.drainSeconds).drainMs),
    TROUPE_HEALTH_PORT: String(HEALTH_PORT),
    TROUPE_LOG_LEVEL: installation.logLevel,
  };
  return [
    ...Object.entries(values).flatMap(([name, value]) => (value === null ? [] : [{ name, value }])),
    { name: POD_ENV.replica, valueFrom: { fieldRef: { apiVersion: "v1", fieldPath: "metadata.name" } } },
  ];
}

/** What the actors of one replica may claim, all together: what its pod does. And what they share. */
function nurseryEnv(resources: ResourcesSpec = {}): Record<string, string | null> {
  const amount = (quantity: unknown): string | null => {
    const value = parseQuantity(quantity);
    return value === null ? null : String(value);
  };
  return {
    [POD_ENV.cpus]: amount(resources.cpu),
    [POD_ENV.gpus]: amount(resources.gpu),
    [POD_ENV.objects]: OBJECTS_FOLDER,
    [POD_ENV.objectBytes]: String(OBJECT_BYTES),
  };
}
