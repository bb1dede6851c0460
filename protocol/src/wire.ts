/** Batches of messages as bytes and back. What arrives is checked here once; behind this file the types hold. */
import { PayloadWriter, openEnvelope, EnvelopeError, type PayloadReader, type PayloadSlot } from "./envelope.ts";
import { type Payload, isInline } from "./payload.ts";
import type { DownBatch, DownMessage, ModuleResult, Run, UpBatch, UpMessage } from "./messages.ts";
import { Fields } from "./fields.ts";

/** Rough size of a message's head, for cutting batches; far above the truth for all but stacks and progress texts. */
const HEAD_ESTIMATE = 512;

/**
 * @param maxBytes no envelope gets larger than this unless a single message is.
 * @returns one envelope or more, in order.
 */
export function encodeUp(batch: UpBatch, maxBytes: number): Uint8Array[] {
  return cut(batch.messages, maxBytes, upSize).map((messages) => {
    const writer = new PayloadWriter();
    return writer.seal({ from: batch.from, messages: messages.map((message) => upToWire(message, writer)) });
  });
}

export function encodeDown(batch: DownBatch, maxBytes: number): Uint8Array[] {
  return cut(batch.messages, maxBytes, downSize).map((messages) => {
    const writer = new PayloadWriter();
    return writer.seal({ epoch: batch.epoch, messages: messages.map((message) => downToWire(message, writer)) });
  });
}

/** @throws {EnvelopeError} when the bytes are no batch of this protocol. */
export function decodeUp(data: Uint8Array): UpBatch {
  const { messages, payloads } = openEnvelope(data);
  const batch = new Fields(messages, "batch");
  const from = batch.object("from");
  return {
    from: { group: from.string("group"), replica: from.string("replica"), instance: from.string("instance") },
    messages: batch.array("messages").map((raw) => upFromWire(raw, payloads)),
  };
}

/** @throws {EnvelopeError} when the bytes are no batch of this protocol. */
export function decodeDown(data: Uint8Array): DownBatch {
  const { messages, payloads } = openEnvelope(data);
  const batch = new Fields(messages, "batch");
  return { epoch: batch.number("epoch"), messages: batch.array("messages").map((raw) => downFromWire(raw, payloads)) };
}

function cut<M>(messages: readonly M[], maxBytes: number, sizeOf: (message: M) => number): (readonly M[])[] {
  const batches: M[][] = [];
  let current: M[] = [];
  let size = 0;
  for (const message of messages) {
    const bytes = sizeOf(message);
    if (current.length > 0 && size + bytes > maxBytes) {
      batches.push(current);
      current = [];
      size = 0;
    }
    current.push(message);
    size += bytes;
  }
  if (current.length > 0) batches.push(current);
  return batches;
}

function inlineSize(payload: Payload): number {
  return isInline(payload) ? payload.bytes.byteLength : 200;
}

function upSize(message: UpMessage): number {
  switch (message.type) {
    case "done":
      return HEAD_ESTIMATE + inlineSize(message.output) + 80 * message.spans.length;
    case "fail":
      return (
        HEAD_ESTIMATE +
        message.failure.message.length +
        (message.failure.stack?.length ?? 0) +
        80 * message.spans.length
      );
    case "beat":
      return HEAD_ESTIMATE + 120 * message.executions.length;
    case "progress":
    case "back":
    case "gone":
      return HEAD_ESTIMATE;
  }
}

function downSize(message: DownMessage): number {
  switch (message.type) {
    case "run":
      return HEAD_ESTIMATE + inlineSize(message.input) + resultsSize(message.results);
    case "results":
      return HEAD_ESTIMATE + resultsSize(message.results);
    case "items":
      return HEAD_ESTIMATE + message.items.reduce((sum, item) => sum + 20 + inlineSize(item), 0);
    case "ack":
      return HEAD_ESTIMATE + 40 * message.what.length;
    case "cancel":
    case "recall":
    case "beacon":
      return HEAD_ESTIMATE;
  }
}

function resultsSize(results: readonly ModuleResult[]): number {
  return results.reduce((sum, { output }) => sum + 40 + inlineSize(output), 0);
}

function upToWire(message: UpMessage, writer: PayloadWriter): unknown {
  return message.type === "done" ? { ...message, output: writer.add(message.output) } : message;
}

function downToWire(message: DownMessage, writer: PayloadWriter): unknown {
  if (message.type === "items") return { ...message, items: message.items.map((item) => writer.add(item)) };
  if (message.type === "results") return { ...message, results: resultsToWire(message.results, writer) };
  if (message.type !== "run") return message;
  const input = writer.add(message.input);
  return { ...message, input, results: resultsToWire(message.results, writer) };
}

function resultsToWire(results: readonly ModuleResult[], writer: PayloadWriter): unknown {
  return results.map(({ module, output }) => ({ module, output: writer.add(output) }));
}

function upFromWire(raw: unknown, payloads: PayloadReader): UpMessage {
  const fields = new Fields(raw, "message");
  const type = fields.string("type");
  switch (type) {
    case "done":
      fields.check({ job: "string", lease: "string", module: "number", last: "boolean", spans: "array" });
      return fields.replaced<UpMessage>({ output: payloads.get(slot(fields.get("output"))) });
    case "fail":
      fields.check({ job: "string", lease: "string", failure: "object", fault: "string", spans: "array" });
      return fields.as<UpMessage>();
    case "beat":
      fields.check({
        version: "number",
        state: "string",
        permits: "number",
        templateHash: "string",
        executions: "array",
      });
      return fields.as<UpMessage>();
    case "back":
    case "progress":
      fields.check({ job: "string", lease: "string" });
      return fields.as<UpMessage>();
    case "gone":
      fields.check({ reason: "string" });
      return fields.as<UpMessage>();
    default:
      throw new EnvelopeError(`unknown message type ${JSON.stringify(type)}`);
  }
}

function downFromWire(raw: unknown, payloads: PayloadReader): DownMessage {
  const fields = new Fields(raw, "message");
  const type = fields.string("type");
  switch (type) {
    case "run":
      return runFromWire(fields, payloads);
    case "results":
      fields.check({ lease: "string", part: "number" });
      return fields.replaced<DownMessage>({ results: resultsFromWire(fields, payloads) });
    case "items":
      fields.check({ lease: "string", module: "number", from: "number" });
      return fields.replaced<DownMessage>({ items: fields.array("items").map((item) => payloads.get(slot(item))) });
    case "ack":
      fields.check({ what: "array" });
      return fields.as<DownMessage>();
    case "cancel":
      fields.check({ lease: "string", reason: "string" });
      return fields.as<DownMessage>();
    case "recall":
      fields.check({ job: "string", lease: "string" });
      return fields.as<DownMessage>();
    case "beacon":
      fields.check({ owner: "string" });
      return fields.as<DownMessage>();
    default:
      throw new EnvelopeError(`unknown message type ${JSON.stringify(type)}`);
  }
}

function runFromWire(fields: Fields, payloads: PayloadReader): Run {
  fields.check({
    job: "string",
    lease: "string",
    attempt: "number",
    revision: "string",
    phase: "string",
    items: "array",
  });
  if (fields.has("parts")) fields.check({ parts: "number" });
  const input = payloads.get(slot(fields.get("input")));
  return fields.replaced<Run>({ input, results: resultsFromWire(fields, payloads) });
}

function resultsFromWire(fields: Fields, payloads: PayloadReader): ModuleResult[] {
  return fields.array("results").map((raw) => {
    const result = new Fields(raw, "result");
    return { module: result.number("module"), output: payloads.get(slot(result.get("output"))) };
  });
}

function slot(raw: unknown): PayloadSlot {
  const fields = new Fields(raw, "payload");
  if (fields.has("j")) return { j: fields.number("j") };
  if (fields.has("b")) return { b: fields.number("b") };
  const ref = fields.object("r");
  const kind = fields.string("k");
  if (kind !== "json" && kind !== "binary") throw new EnvelopeError(`unknown payload kind ${kind}`);
  return {
    k: kind,
    r: { id: ref.string("id"), size: ref.number("size"), chunks: ref.number("chunks"), sha256: ref.string("sha256") },
  };
}

/** For other codecs of the same envelope (the journal's frames). @throws {EnvelopeError} */
export const parseSlot = slot;
