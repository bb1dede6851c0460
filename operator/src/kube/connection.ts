/**
 * HTTP to the API server. The client library says how to authenticate; bodies travel as plain JSON, because its serializer drops every field
 * that it does not know.
 */
import type { KubeConfig } from "@kubernetes/client-node";
import { type ClientRequest, type IncomingMessage } from "node:http";
import { Agent, request, type RequestOptions } from "node:https";
import { TLSSocket } from "node:tls";
import { linkAborts, type AbortLink } from "./abort.ts";
import { KubeError, refusalOf } from "./error.ts";

/** What a write has to pass. */
export interface WriteGate {
  /** @throws {NotLeadingError} when no write may start now */
  check(): void;
  /** Aborted when writes under way have to stop. */
  readonly signal: AbortSignal;
}

export interface Exchange {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** With its query. */
  readonly path: string;
  readonly body?: string | undefined;
  readonly contentType?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** For all of a call, or for the longest silence of a stream. */
  readonly timeoutMs: number;
  readonly gate?: WriteGate | undefined;
}

/** Calls that run at once; more wait for a free connection. Streams have connections of their own. */
const CALLS_AT_ONCE = 32;
/** The API server closes an idle connection after 90 s: ours go first, so that no call meets one that is just being closed. */
const IDLE_MS = 60_000;
/** From when on the kernel asks a silent peer whether it is there; it gives up ten seconds later. */
const KEEP_ALIVE_MS = 15_000;

interface Agents {
  readonly identity: string;
  readonly calls: Agent;
  readonly streams: Agent;
}

export class Connection {
  readonly #config: KubeConfig;
  readonly #userAgent: string;
  readonly #server: URL;
  #agents: Agents | undefined;

  /** @throws when the configuration names no server, or one without TLS */
  constructor(config: KubeConfig, userAgent: string) {
    const server = config.getCurrentCluster()?.server;
    if (server === undefined)
      throw new Error("the configuration names no API server; set KUBECONFIG, or run in a pod with a service account");
    this.#server = new URL(server);
    if (this.#server.protocol !== "https:")
      throw new Error(`the API server's address must begin with https: ${server}`);
    this.#config = config;
    this.#userAgent = userAgent;
  }

  /**
   * @returns the body of a success
   * @throws {KubeError} when the server refuses or does not answer; the signal's reason when it is aborted
   */
  async call(exchange: Exchange): Promise<string> {
    const name = nameOf(exchange);
    using abort = linkAborts(name, exchange.timeoutMs, [exchange.signal, exchange.gate?.signal]);
    return await unreachableUnless(name, abort.signal, async () => {
      return textOf(await this.#send(exchange, abort, "calls"));
    });
  }

  /** The body in pieces as they come. Ends when the server ends it. @throws as `call` does */
  async *stream(exchange: Exchange): AsyncGenerator<string, void, undefined> {
    const name = nameOf(exchange);
    using abort = linkAborts(name, exchange.timeoutMs, [exchange.signal]);
    const response = await unreachableUnless(name, abort.signal, () => this.#send(exchange, abort, "streams"));
    try {
      response.setEncoding("utf8");
      const pieces: AsyncIterator<unknown> = response[Symbol.asyncIterator]();
      for (;;) {
        const next = await unreachableUnless(name, abort.signal, () => pieces.next());
        if (next.done === true) return;
        abort.refresh();
        yield String(next.value);
      }
    } finally {
      response.destroy();
    }
  }

  /** Closes the connections; calls under way fail. */
  close(): void {
    this.#agents?.calls.destroy();
    this.#agents?.streams.destroy();
    this.#agents = undefined;
  }

  async #send(exchange: Exchange, abort: AbortLink, kind: "calls" | "streams"): Promise<IncomingMessage> {
    const options: RequestOptions = {};
    await this.#config.applyToHTTPSOptions(options);
    abort.signal.throwIfAborted();
    const sent = request({
      host: this.#server.hostname.replace(/^\[|\]$/g, ""),
      port: this.#server.port === "" ? 443 : this.#server.port,
      path: `${this.#server.pathname.replace(/\/$/, "")}${exchange.path}`,
      method: exchange.method,
      headers: { ...Object.fromEntries(Object.entries(options.headers ?? {})), ...this.#headersOf(exchange) },
      ...(options.auth === undefined || options.auth === null ? {} : { auth: options.auth }),
      agent: this.#agentOf(options, kind),
      signal: abort.signal,
    });
    const response = await answerTo(sent, exchange);
    if (isSuccess(response)) return response;
    const retryAfter = response.headers["retry-after"];
    throw refusalOf(nameOf(exchange), {
      status: response.statusCode ?? 0,
      body: await textOf(response),
      retryAfter,
    });
  }

  #headersOf({ body, contentType }: Exchange): Record<string, string> {
    return {
      accept: "application/json",
      "user-agent": this.#userAgent,
      ...(body === undefined
        ? {}
        : {
            "content-type": contentType ?? "application/json",
            "content-length": String(Buffer.byteLength(body)),
          }),
    };
  }

  /** New agents when the client's certificate or the authority has changed: a connection keeps those it was opened with. */
  #agentOf(options: RequestOptions, kind: "calls" | "streams"): Agent | NonNullable<RequestOptions["agent"]> {
    if (this.#config.getCurrentCluster()?.proxyUrl !== undefined && options.agent !== undefined) return options.agent;
    const { ca, cert, key, passphrase, rejectUnauthorized, servername } = options;
    const identity = [ca, cert, key, passphrase].map(String).join("\n");
    if (this.#agents?.identity !== identity) {
      const tls = { ca, cert, key, passphrase, rejectUnauthorized, servername };
      const given = Object.fromEntries(Object.entries(tls).filter(([, value]) => value !== undefined));
      const common = { ...given, keepAlive: true, keepAliveMsecs: KEEP_ALIVE_MS };
      this.#agents = {
        identity,
        calls: new Agent({ ...common, maxSockets: CALLS_AT_ONCE, timeout: IDLE_MS }),
        streams: new Agent({ ...common, timeout: IDLE_MS }),
      };
    }
    return this.#agents[kind];
  }
}

/**
 * Sends the request as soon as its connection stands, and not before: a write that waited for one asks the gate at the very last moment.
 */
function answerTo(sent: ClientRequest, { body, gate }: Exchange): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    sent.once("response", resolve);
    sent.on("error", reject);
    const send = (): void => {
      try {
        gate?.check();
        sent.end(body);
      } catch (error) {
        sent.destroy();
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    };
    if (gate === undefined) send();
    else
      sent.once("socket", (socket) => {
        if (sent.reusedSocket || !(socket instanceof TLSSocket)) send();
        else socket.once("secureConnect", send);
      });
  });
}

function isSuccess({ statusCode = 0 }: IncomingMessage): boolean {
  return statusCode >= 200 && statusCode < 300;
}

async function textOf(response: IncomingMessage): Promise<string> {
  response.setEncoding("utf8");
  let text = "";
  for await (const piece of response) text += String(piece);
  return text;
}

function nameOf({ method, path }: Exchange): string {
  return `${method} ${path.replace(/\?.*/, "")}`;
}

/** What the network throws becomes a {@link KubeError}; what was aborted throws the reason for it. */
async function unreachableUnless<R>(call: string, signal: AbortSignal, work: () => Promise<R>): Promise<R> {
  try {
    return await work();
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    if (error instanceof Error && "code" in error) {
      const message = `${call}: the API server cannot be reached: ${error.message}`;
      throw new KubeError({ status: 0, reason: "Unreachable", message, cause: error });
    }
    throw error;
  }
}
