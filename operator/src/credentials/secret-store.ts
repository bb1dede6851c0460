import { KubeError, secrets, type KubeClient, type Secret } from "../kube/index.ts";
import type { SecretStore, SecretText } from "./ensure-secrets.ts";

/** Tells what a Secret was made for. */
export const FINGERPRINT_ANNOTATION = "troupe.dev/credentials";

/** The Secrets of a namespace, at the API server. @param installation stands in their labels */
export function kubeSecretStore(client: KubeClient, namespace: string, installation: string): SecretStore {
  const object = (name: string, { data, fingerprint }: SecretText): Secret => ({
    apiVersion: "v1",
    kind: "Secret",
    metadata: {
      name,
      namespace,
      labels: { "app.kubernetes.io/part-of": "troupe", "app.kubernetes.io/instance": installation },
      ...(fingerprint === undefined ? {} : { annotations: { [FINGERPRINT_ANNOTATION]: fingerprint } }),
    },
    type: "Opaque",
    data: Object.fromEntries(Object.entries(data).map(([file, text]) => [file, Buffer.from(text).toString("base64")])),
  });
  return {
    read: async (name) => {
      const found = await client.find(secrets, { namespace, name });
      return found === undefined ? undefined : textOf(found);
    },
    create: async (name, secret) => {
      try {
        await client.create(secrets, object(name, secret));
        return true;
      } catch (error) {
        if (error instanceof KubeError && error.isConflict) return false;
        throw error;
      }
    },
    write: async (name, secret) => {
      await client.apply(secrets, object(name, secret));
    },
  };
}

function textOf({ data, metadata }: Secret): SecretText {
  const texts = Object.entries(data ?? {}).map(([file, coded]) => [file, Buffer.from(coded, "base64").toString()]);
  return {
    data: Object.fromEntries(texts) as Record<string, string>,
    fingerprint: metadata.annotations?.[FINGERPRINT_ANNOTATION],
  };
}
