/** Payloads between the messages of the bus, the blob store and the host. */
import { INLINE_LIMIT, isInline, type BlobStore, type Payload, type PayloadKind } from "@troupe/protocol";
import type { HostPayload, RunOrder } from "../host/protocol.ts";
import { isComplete, type Execution } from "./core/execution.ts";

/** Builds the order for the host at once when everything came with the messages, else fetches what is stored. */
export function orderOf(execution: Execution, blobs: BlobStore): RunOrder | Promise<RunOrder> {
  if (!isComplete(execution)) return fetchedOrder(execution, blobs);
  const { run, items } = execution;
  return assemble(execution, {
    input: inlineToHost(run.input),
    results: run.results.map(({ output }) => inlineToHost(output)),
    items: [...items.values()].map((payloads) => payloads.map(inlineToHost)),
  });
}

interface Parts {
  readonly input: HostPayload;
  readonly results: readonly HostPayload[];
  readonly items: readonly (readonly HostPayload[])[];
}

async function fetchedOrder(execution: Execution, blobs: BlobStore): Promise<RunOrder> {
  const { run, items } = execution;
  const fetch = async (payload: Payload): Promise<HostPayload> => {
    if (isInline(payload)) return inlineToHost(payload);
    return toHost(payload.kind, await blobs.get(payload));
  };
  const [input, results] = await Promise.all([
    fetch(run.input),
    Promise.all(run.results.map(async ({ output }) => fetch(output))),
  ]);
  const fetchedItems: HostPayload[][] = [];
  for (const payloads of items.values()) fetchedItems.push(await inWindows(payloads, fetch));
  return assemble(execution, { input, results, items: fetchedItems });
}

/** An aggregate may have thousands of items; so many are fetched at a time. */
const WINDOW = 16;

async function inWindows(
  payloads: readonly Payload[],
  fetch: (payload: Payload) => Promise<HostPayload>,
): Promise<HostPayload[]> {
  const fetched: HostPayload[] = [];
  for (let at = 0; at < payloads.length; at += WINDOW) {
    fetched.push(...(await Promise.all(payloads.slice(at, at + WINDOW).map(fetch))));
  }
  return fetched;
}

function assemble({ n, run, items }: Execution, parts: Parts): RunOrder {
  const modules = [...items.keys()];
  return {
    t: "run",
    n,
    job: run.job,
    attempt: run.attempt,
    key: run.idempotencyKey,
    revision: run.revision,
    phase: run.phase,
    input: parts.input,
    results: run.results.map(({ module }, index) => [module, parts.results[index] ?? "null"] as const),
    items: modules.map((module, index) => [module, parts.items[index] ?? []] as const),
  };
}

function inlineToHost(payload: Payload): HostPayload {
  return isInline(payload) ? toHost(payload.kind, payload.bytes) : "null";
}

/** JSON of ordinary size travels as text, which costs less than a copy of bytes. Bytes are cut out of their message. */
function toHost(kind: PayloadKind, bytes: Uint8Array): HostPayload {
  if (kind === "json" && bytes.byteLength <= INLINE_LIMIT) {
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
  }
  const own = bytes.byteLength === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes);
  return kind === "json" ? { json: own } : own;
}

/** The memory of large payloads, which moves to the host instead of being copied. */
export function memoryOf(order: RunOrder): ArrayBuffer[] {
  const found = new Set<ArrayBuffer>();
  const look = (payload: HostPayload): void => {
    if (typeof payload === "string") return;
    const { buffer } = payload instanceof Uint8Array ? payload : payload.json;
    if (buffer instanceof ArrayBuffer && buffer.byteLength > INLINE_LIMIT) found.add(buffer);
  };
  look(order.input);
  for (const [, payload] of order.results) look(payload);
  for (const [, payloads] of order.items) payloads.forEach(look);
  return [...found];
}

/** What a host returned, as bytes. */
export function bytesOf(payload: HostPayload): { readonly kind: PayloadKind; readonly bytes: Uint8Array } {
  if (typeof payload === "string") return { kind: "json", bytes: Buffer.from(payload, "utf8") };
  return payload instanceof Uint8Array ? { kind: "binary", bytes: payload } : { kind: "json", bytes: payload.json };
}
