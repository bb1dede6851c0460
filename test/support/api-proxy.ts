/**
 * Stands between a client and a real API server, and spoils what passes: answers in its place, resets connections, lets them go silent. What it does
 * not spoil goes through as it is.
 */
import { once } from "node:events";
import { type IncomingMessage, type ServerResponse } from "node:http";
import { Agent, createServer, request } from "node:https";
import { type Socket } from "node:net";
import { type ControlPlane } from "./control-plane.ts";

export interface ProxiedRequest {
  readonly method: string;
  readonly path: string;
  readonly isWatch: boolean;
  readonly authorization: string;
}

export interface Answer {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

export interface ApiProxy extends AsyncDisposable {
  readonly url: string;
  /** Every request that came, in order. */
  readonly requests: readonly ProxiedRequest[];
  /** Connections of clients that are open now. */
  readonly connections: number;
  /** What is answered instead of asking the API server; undefined: it is asked. */
  answer: (request: ProxiedRequest) => Answer | undefined;
  /** Whether the API server is asked, and its answer lost on the way back. */
  losesAnswer: (request: ProxiedRequest) => boolean;
  /** Resets all connections that are open. */
  reset(): void;
  /** From now on nothing comes through the connections that are open, and nothing closes them. New ones are good. */
  silence(): void;
  /** Resets every connection, and every new one, until `open`. */
  shut(): void;
  open(): void;
}

interface Exchange {
  readonly client: Socket;
  readonly upstream: () => IncomingMessage | undefined;
}

export async function startApiProxy(plane: ControlPlane): Promise<ApiProxy> {
  const requests: ProxiedRequest[] = [];
  const clients = new Set<Socket>();
  const silent = new WeakSet<Socket>();
  const exchanges = new Set<Exchange>();
  const agent = new Agent({ ca: plane.ca, keepAlive: true });
  let isShut = false;
  const server = createServer({ ...plane.certificate }, (from, to) => {
    const seen = describe(from);
    requests.push(seen);
    if (silent.has(from.socket)) return;
    const answer = proxy.answer(seen);
    if (answer === undefined) exchange(from, to, seen);
    else to.writeHead(answer.status, answer.headers).end(answer.body ?? "");
  });
  server.on("connection", (socket: Socket) => {
    if (isShut) socket.resetAndDestroy();
  });
  server.on("secureConnection", (socket: Socket) => {
    clients.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => clients.delete(socket));
  });

  const exchange = (from: IncomingMessage, to: ServerResponse, seen: ProxiedRequest): void => {
    let answer: IncomingMessage | undefined;
    const entry = { client: from.socket, upstream: () => answer };
    exchanges.add(entry);
    const upstream = request(
      `${plane.url}${from.url ?? ""}`,
      { method: from.method ?? "GET", headers: from.headers, agent },
      (response) => {
        answer = response;
        if (silent.has(from.socket)) return;
        if (proxy.losesAnswer(seen)) {
          from.socket.destroy();
          return;
        }
        to.writeHead(response.statusCode ?? 500, response.headers);
        to.flushHeaders();
        response.on("error", () => to.destroy());
        response.pipe(to);
      },
    );
    // The API server is down: the client's connection breaks, as it would without us.
    upstream.on("error", () => from.socket.destroy());
    from.pipe(upstream);
    to.on("close", () => {
      exchanges.delete(entry);
      upstream.destroy();
    });
  };

  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the proxy listens on no port");

  const reset = (): void => {
    for (const socket of clients) socket.destroy();
  };
  const proxy: ApiProxy = {
    url: `https://127.0.0.1:${address.port}`,
    requests,
    get connections() {
      return clients.size;
    },
    answer: () => undefined,
    losesAnswer: () => false,
    reset,
    silence: () => {
      for (const socket of clients) silent.add(socket);
      for (const { client, upstream } of exchanges) if (silent.has(client)) upstream()?.unpipe();
    },
    shut: () => {
      isShut = true;
      reset();
    },
    open: () => {
      isShut = false;
    },
    [Symbol.asyncDispose]: async () => {
      reset();
      agent.destroy();
      await once(server.close(), "close");
    },
  };
  return proxy;
}

function describe({ method = "", url = "", headers }: IncomingMessage): ProxiedRequest {
  const isWatch = url.includes("watch=true");
  return { method, path: url, isWatch, authorization: headers.authorization ?? "" };
}
