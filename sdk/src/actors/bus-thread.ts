/** Entry of the thread that holds a program's connection: so a program that computes is not taken for dead. */
import {
  connectBus,
  encodeJson,
  groupSubjectsOf,
  HoldTeller,
  serveBus,
  type ConnectOptions,
  type Scope,
} from "@troupe/protocol";
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

/** What the program says to it. */
export type ToBusThread =
  /** The payloads of all shared objects that it holds. */
  { readonly t: "holds"; readonly objects: readonly string[] } | { readonly t: "close" };

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
  const teller = new HoldTeller(bus, scope, { kind: "client", id: client });
  parentPort?.on("message", (message: ToBusThread) => {
    if (message.t === "holds") {
      teller.holds(message.objects);
      return;
    }
    clearInterval(beats);
    teller.close();
    if (bus.status === "connected") bus.publish(registry, encodeJson({ op: "bye", client }));
    void bus.close().then(() => {
      say({ t: "closed" });
      port.close();
      parentPort?.close();
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
