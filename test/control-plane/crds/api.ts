/** Asks a real API server whether it would take a manifest, or has it take it. */
import { Agent, request } from "node:https";
import { text } from "node:stream/consumers";
import type { ControlPlane } from "../../support/control-plane.ts";

/** What it would store, or the message that kubectl would show. */
export type Answer =
  { readonly accepted: true; readonly stored: unknown } | { readonly accepted: false; readonly message: string };

export interface Api extends Disposable {
  /** A dry run: nothing is stored. */
  ask(manifest: unknown): Promise<Answer>;
  create(manifest: unknown): Promise<Answer>;
}

const PLURALS: Readonly<Record<string, string>> = { Pipeline: "pipelines", Group: "groups" };

/** Asks as kubectl does: unknown fields are errors. */
export function apiOf(plane: ControlPlane, namespace: string): Api {
  const agent = new Agent({ keepAlive: true, maxSockets: 4, ca: plane.ca });
  const send = async (manifest: unknown, query: string): Promise<Answer> => {
    const kind = String(fieldOf(manifest, "kind"));
    const path = `/apis/troupe.dev/v1alpha1/namespaces/${namespace}/${PLURALS[kind] ?? "unknown"}?fieldValidation=Strict${query}`;
    const { status, body } = await post(new URL(path, plane.url), manifest, { agent, token: plane.adminToken });
    if (status === 201) return { accepted: true, stored: JSON.parse(body) };
    // Anything else is a fault of the test or of the server, not an opinion about the manifest.
    if (status !== 422 && status !== 400) throw new Error(`${status}: ${body}`);
    return { accepted: false, message: String(fieldOf(JSON.parse(body), "message")) };
  };
  return {
    ask: async (manifest) => send(manifest, "&dryRun=All"),
    create: async (manifest) => send(manifest, ""),
    [Symbol.dispose]: () => {
      agent.destroy();
    },
  };
}

async function post(
  url: URL,
  value: unknown,
  by: { readonly agent: Agent; readonly token: string },
): Promise<{ status: number; body: string }> {
  const headers = { authorization: `Bearer ${by.token}`, "content-type": "application/json" };
  return new Promise((done, failed) => {
    const sent = request(url, { method: "POST", agent: by.agent, headers }, (response) => {
      text(response).then((body) => {
        done({ status: response.statusCode ?? 0, body });
      }, failed);
    });
    sent.on("error", failed);
    sent.end(JSON.stringify(value));
  });
}

export function fieldOf(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null
    ? Object.entries(value).find(([name]) => name === key)?.[1]
    : undefined;
}
