/** What a pod answers its kubelet, and those who measure it: `/livez`, `/readyz` and `/metrics`. */
import { once } from "node:events";

export interface HealthOptions {
  /** 0: any free one. */
  readonly port: number;
  /** Why it is not ready, in words; null: it is. */
  readonly unready: () => string | null;
  /** In Prometheus' text format. Default: there are none. */
  readonly metrics?: () => string;
}

export interface HealthServer extends AsyncDisposable {
  readonly port: number;
}

/** Resolves when it listens. That it answers at all is liveness: the process has a turn now and then. */
export async function startHealthServer({ port, unready, metrics }: HealthOptions): Promise<HealthServer> {
  const answers: Readonly<Record<string, () => { status: number; text: string }>> = {
    "/livez": () => ({ status: 200, text: "ok\n" }),
    "/readyz": () => {
      const why = unready();
      return why === null ? { status: 200, text: "ok\n" } : { status: 503, text: `${why}\n` };
    },
    ...(metrics === undefined ? {} : { "/metrics": () => ({ status: 200, text: metrics() }) }),
  };
  // Only pods are asked: nobody else need carry Node's HTTP, which takes 10 MB of every process and of every host's thread.
  const { createServer } = await import("node:http");
  const server = createServer((request, response) => {
    const answer = answers[request.url ?? ""]?.() ?? { status: 404, text: "not found\n" };
    response.writeHead(answer.status, { "content-type": "text/plain; version=0.0.4" }).end(answer.text);
  });
  server.listen(port);
  await once(server, "listening");
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : port,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
