/** The pods of a group: what is managed, under what the user's template adds. */
import { MAIN_CONTAINER, type Json, type JsonObject } from "@troupe/model";
import { POD_ENV } from "@troupe/protocol";
import { groupLabels, MANAGED_BY, TEMPLATE_LABEL } from "../children/labels.ts";
import { hash8, natsCaName } from "../children/names.ts";
import type { Installation } from "../installation.ts";
import { containerResources } from "./container-claims.ts";
import { containerEnv } from "./container-env.ts";
import { drainTime } from "./drain-time.ts";
import { gpuClaim } from "./gpu-claim.ts";
import type { GroupFacts } from "./group-facts.ts";
import { overlay } from "./overlay.ts";
import {
  AGENT_FILE,
  BROUGHT_COMMAND,
  CREDENTIALS_FOLDER,
  HEALTH_PORT,
  INSTALL_FILE,
  MODULES_FOLDER,
  NATS_CA_FOLDER,
  NURSERY_FILE,
  OBJECTS_FOLDER,
  OBJECTS_SIZE_LIMIT,
  POD_USER,
  RUNTIME_COPY_FOLDER,
  RUNTIME_FOLDER,
} from "./pod-paths.ts";

export interface GroupTemplate {
  /** Replicas announce it and dispatch matches it. */
  readonly hash: string;
  readonly template: JsonObject;
}

/** A volume of the pod and where its containers have it. */
interface Mount {
  readonly volume: JsonObject;
  readonly mainPath: string;
  readonly readOnly: boolean;
}

const NATS_CA_ANNOTATION = "troupe.dev/nats-ca";

/** The profile `restricted` of the Pod Security Standards, and a root file system that nothing writes to. */
const CONTAINER_SECURITY: JsonObject = {
  runAsNonRoot: true,
  readOnlyRootFilesystem: true,
  allowPrivilegeEscalation: false,
  capabilities: { drop: ["ALL"] },
  seccompProfile: { type: "RuntimeDefault" },
};

const POD_SECURITY: JsonObject = {
  runAsNonRoot: true,
  runAsUser: POD_USER,
  runAsGroup: POD_USER,
  fsGroup: POD_USER,
  seccompProfile: { type: "RuntimeDefault" },
};

/** Everything that is in a pod is in the hash, with the group's names: so a template of another hash is other pods, and only such a one. */
export function groupTemplate(facts: GroupFacts, installation: Installation): GroupTemplate {
  const bare = overlay(managedTemplate(facts, installation), facts.settings.template ?? {});
  const hash = hash8({ template: bare, pipeline: facts.pipeline, group: facts.group });
  return { hash, template: overlay(bare, hashMarks(hash)) };
}

function hashMarks(hash: string): JsonObject {
  return {
    metadata: { labels: { [TEMPLATE_LABEL]: hash } },
    spec: { containers: [{ name: MAIN_CONTAINER, env: [{ name: POD_ENV.templateHash, value: hash }] }] },
  };
}

function managedTemplate(facts: GroupFacts, installation: Installation): JsonObject {
  const mounts = mountsOf(facts, installation);
  const { imagePullSecrets, drainSeconds, natsCa } = installation;
  return {
    metadata: {
      labels: { ...MANAGED_BY, ...groupLabels(facts) },
      annotations: {
        "kubectl.kubernetes.io/default-container": MAIN_CONTAINER,
        // Node reads it when it starts: another authority takes other pods.
        ...(natsCa === null ? {} : { [NATS_CA_ANNOTATION]: hash8(natsCa) }),
      },
    },
    spec: {
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      terminationGracePeriodSeconds: drainTime(facts.settings, drainSeconds).terminationGracePeriodSeconds,
      securityContext: POD_SECURITY,
      ...(imagePullSecrets.length === 0 ? {} : { imagePullSecrets: imagePullSecrets.map((name) => ({ name })) }),
      ...(facts.source.image === null ? {} : { initContainers: [copyContainer(installation)] }),
      containers: [mainContainer(facts, installation, mounts)],
      volumes: mounts.map(({ volume }) => volume),
    },
  };
}

function mainContainer(facts: GroupFacts, installation: Installation, mounts: readonly Mount[]): JsonObject {
  const { source, settings } = facts;
  const resources = containerResources(settings.resources, gpuClaim(settings.resources, installation));
  return {
    name: MAIN_CONTAINER,
    image: source.image ?? installation.runtimeImage,
    ...pullPolicy(installation),
    command: [
      ...(source.image === null ? ["node"] : BROUGHT_COMMAND),
      facts.pipeline === null ? NURSERY_FILE : AGENT_FILE,
    ],
    // What an agent said last is the cause when its container ends.
    terminationMessagePolicy: "FallbackToLogsOnError",
    env: containerEnv(facts, installation),
    ports: [{ name: "health", containerPort: HEALTH_PORT, protocol: "TCP" }],
    ...(Object.keys(resources).length === 0 ? {} : { resources }),
    startupProbe: { httpGet: { path: "/livez", port: "health" }, periodSeconds: 1, failureThreshold: 120 },
    livenessProbe: {
      httpGet: { path: "/livez", port: "health" },
      periodSeconds: 10,
      timeoutSeconds: 5,
      failureThreshold: 3,
    },
    readinessProbe: {
      httpGet: { path: "/readyz", port: "health" },
      periodSeconds: 2,
      timeoutSeconds: 5,
      failureThreshold: 2,
    },
    securityContext: CONTAINER_SECURITY,
    volumeMounts: mounts.map(mountOf),
  };
}

function copyContainer(installation: Installation): JsonObject {
  return {
    name: "troupe-runtime",
    image: installation.runtimeImage,
    ...pullPolicy(installation),
    command: ["node", INSTALL_FILE, RUNTIME_COPY_FOLDER],
    securityContext: CONTAINER_SECURITY,
    volumeMounts: [{ name: "troupe-runtime", mountPath: RUNTIME_COPY_FOLDER }],
  };
}

function pullPolicy({ imagePullPolicy }: Installation): JsonObject {
  return imagePullPolicy === null ? {} : { imagePullPolicy };
}

function mountsOf(facts: GroupFacts, { natsCa }: Installation): Mount[] {
  const { source, credentialsSecret, pipeline } = facts;
  const mounts: Mount[] = [{ volume: { name: "troupe-tmp", emptyDir: {} }, mainPath: "/tmp", readOnly: false }];
  // On disk: what is in memory counts against the pod's own, for as long as it is there.
  if (pipeline === null)
    mounts.push({
      volume: { name: "troupe-objects", emptyDir: { sizeLimit: OBJECTS_SIZE_LIMIT } },
      mainPath: OBJECTS_FOLDER,
      readOnly: false,
    });
  if (source.image !== null)
    mounts.push({
      volume: { name: "troupe-runtime", emptyDir: {} },
      mainPath: RUNTIME_FOLDER,
      readOnly: true,
    });
  if (source.configMap !== null)
    mounts.push({
      volume: { name: "troupe-modules", configMap: { name: source.configMap } },
      mainPath: MODULES_FOLDER,
      readOnly: true,
    });
  if (credentialsSecret !== null)
    mounts.push({
      volume: { name: "troupe-credentials", secret: { secretName: credentialsSecret } },
      mainPath: CREDENTIALS_FOLDER,
      readOnly: true,
    });
  if (natsCa !== null)
    mounts.push({
      volume: { name: "troupe-nats-ca", configMap: { name: natsCaName(facts) } },
      mainPath: NATS_CA_FOLDER,
      readOnly: true,
    });
  return mounts;
}

function mountOf({ volume, mainPath, readOnly }: Mount): Json {
  return { name: volume["name"] ?? null, mountPath: mainPath, ...(readOnly ? { readOnly } : {}) };
}
