/** Requests at the NATS door, parsed. What is wrong with one is answered here; what is right goes to the core. */
import { hash } from "node:crypto";
import {
  Fields,
  INLINE_LIMIT,
  NULL_PAYLOAD,
  type BlobStore,
  type BusMessage,
  type DoorOperation,
  type Payload,
  parseSlot,
  EnvelopeError,
} from "@troupe/protocol";
import { JOB_ID, type DoorRequest } from "../core/door.ts";
import type { Reply } from "../core/owner.ts";
import { owned } from "../core/frame-codec.ts";

const decoder = new TextDecoder();

/** A request that cannot be taken. */
export class DoorError extends Error {
  override readonly name = "DoorError";
  readonly reply: Reply;

  constructor(reply: Extract<Reply, { kind: "refused" }>) {
    super(reply.message);
    this.reply = reply;
  }
}

export interface DoorContext {
  readonly blobs: BlobStore;
  /** A fresh job id, for clients that bring none. */
  newId(): string;
}

/** @throws {DoorError} */
export function parseRequest(
  operation: DoorOperation,
  message: BusMessage,
  context: DoorContext,
): DoorRequest | Promise<DoorRequest> {
  checkWait(message.header("Troupe-Wait"));
  switch (operation) {
    case "submit":
      return parseSubmit(message, context);
    case "process":
      return submission(message, context, "process", NULL_PAYLOAD);
    case "wait":
      return parseWait(message);
    case "status":
    case "result":
    case "timeline":
    case "cancel":
    case "retry":
      return { operation, id: bodyOf(message).string("id"), reply: message.reply };
  }
}

/**
 * Whether outcomes may be sent to the subject: it is one, without wildcards, and neither NATS's own nor one of those that the engine itself
 * speaks on, where they would be taken for something else.
 */
export function isAnswerable(subject: string): boolean {
  return /^[^\s.*>]+(\.[^\s.*>]+)*$/.test(subject) && !/^(\$|_troupe\.|troupe\.)/.test(subject);
}

function parseSubmit(message: BusMessage, context: DoorContext): DoorRequest | Promise<DoorRequest> {
  const stored = message.header("Troupe-Payload");
  if (stored !== "") return submission(message, context, "run", parseStored(stored, message));
  const kind = message.header("Troupe-Content") === "binary" ? "binary" : "json";
  const bytes = message.data.byteLength === 0 && kind === "json" ? NULL_PAYLOAD.bytes : message.data;
  if (kind === "json") checkJson(bytes);
  if (bytes.byteLength <= INLINE_LIMIT) return submission(message, context, "run", owned({ kind, bytes }));
  const id = message.header("Troupe-Job-Id") || context.newId();
  if (!JOB_ID.test(id)) return submission(message, context, "run", NULL_PAYLOAD); // refused for its id, so nothing is stored
  return context.blobs
    .put({ job: id, slot: "in", readers: "replicas" }, kind, bytes)
    .then((input) => submission(message, { ...context, newId: () => id }, "run", input));
}

function submission(message: BusMessage, context: DoorContext, phase: "run" | "process", input: Payload): DoorRequest {
  return {
    operation: "submit",
    id: message.header("Troupe-Job-Id") || context.newId(),
    phase,
    input,
    digest: "bytes" in input ? hash("sha1", input.bytes, "base64url") : input.ref.sha256,
    reply: message.reply,
    wait: message.header("Troupe-Wait"),
    timeline: message.header("Troupe-Timeline") !== "",
    late: message.header("Troupe-Accept") === "late",
  };
}

function checkWait(subject: string): void {
  if (subject === "" || isAnswerable(subject)) return;
  throw refused(
    "InvalidRequest",
    `the header Troupe-Wait names ${JSON.stringify(subject)}, where no outcome can be sent`,
    "name the subject of an inbox that you have subscribed to",
  );
}

function checkJson(bytes: Uint8Array): void {
  try {
    JSON.parse(decoder.decode(bytes));
  } catch (error) {
    throw refused(
      "InvalidInput",
      `the input is not JSON: ${error instanceof Error ? error.message : String(error)}`,
      "send JSON, or bytes with the header Troupe-Content: binary",
    );
  }
}

function parseStored(header: string, message: BusMessage): Payload {
  try {
    const kind = message.header("Troupe-Content") === "binary" ? "binary" : "json";
    const ref: unknown = JSON.parse(header);
    const slot = parseSlot({ r: ref, k: kind });
    if (!("r" in slot)) throw new EnvelopeError("no reference");
    return { kind, ref: slot.r };
  } catch {
    throw refused(
      "InvalidRequest",
      "the header Troupe-Payload is no reference to a stored payload",
      "write the payload with a Troupe client, which makes the reference",
    );
  }
}

function parseWait(message: BusMessage): DoorRequest {
  const body = bodyOf(message);
  const isMany = body.has("ids");
  const ids = isMany ? body.array("ids").filter((id) => typeof id === "string") : [body.string("id")];
  return { operation: "wait", ids, reply: message.reply, timeline: body.get("timeline") === true, sayPending: !isMany };
}

function bodyOf({ data }: BusMessage): Fields {
  try {
    const fields = new Fields(JSON.parse(decoder.decode(data)), "body");
    if (!fields.has("ids")) fields.string("id");
    return fields;
  } catch {
    throw refused("InvalidRequest", 'the body is not of the form {"id": "…"}', "send the id of a job as JSON");
  }
}

function refused(code: "InvalidInput" | "InvalidRequest", message: string, hint: string): DoorError {
  return new DoorError({ kind: "refused", code, message, hint });
}
