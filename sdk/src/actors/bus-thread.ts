/** Entry of the thread that holds a program's connection: so a program that computes is not taken for dead. */
import { connectBus, encodeJson, groupSubjectsOf, serveBus, type ConnectOptions, type Scope } from "@troupe/protocol";
import { parentPort, workerData, type MessagePort } from "node:worker_threads";

/** A client that is silent for 5 s has ended. */
const BEAT_MS = 1_000;

/** Given to the thread when it starts. */
export interface BusThreadStart {
  readonly connect: ConnectOptions;
  readonly scope: Scope;
  readonly client: string;
  readonly port: MessagePort;
}

/** What the thread says once. */
export type BusThreadWord =
  | { readonly t: "connected"; readonly maxPayload: number }
  | { readonly t: "failed"; readonly name: string; readonly message: string }
  | { readonly t: "closed" };

const { connect, scope, client, port } = workerData as BusThreadStart;

try {
  const bus = await connectBus(connect);
  const { registry } = groupSubjectsOf(scope);
  const beat = (): void => {
    if (bus.status === "connected") bus.publish(registry, encodeJson({ op: "beat", client }));
  };
  serveBus(bus, port);
  const beats = setInterval(beat, BEAT_MS);
  bus.onStatus((status) => {
    if (status === "connected") beat();
  });
  beat();
  parentPort?.once("message", () => {
    clearInterval(beats);
    if (bus.status === "connected") bus.publish(registry, encodeJson({ op: "bye", client }));
    void bus.close().then(() => {
      say({ t: "closed" });
      port.close();
    });
  });
  say({ t: "connected", maxPayload: bus.maxPayload });
} catch (error) {
  const { name, message } = error instanceof Error ? error : { name: "Error", message: String(error) };
  say({ t: "failed", name, message });
  port.close();
}

function say(word: BusThreadWord): void {
  parentPort?.postMessage(word);
}
