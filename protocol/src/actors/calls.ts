/**
 * Calls to an actor and what comes back. Both travel in batches, one envelope a batch; the bytes of arguments and results stand behind the
 * head, where nobody on the way has to parse them.
 */
import { EnvelopeError, openEnvelope, PayloadWriter, type PayloadReader } from "../envelope.ts";
import { Fields } from "../fields.ts";
import type { Payload } from "../payload.ts";
import { parseSlot } from "../wire.ts";

/** One call. Numbers are dense for a caller and an incarnation: 1, 2, 3 … */
export interface Call {
  readonly n: number;
  readonly method: string;
  readonly args: Payload;
}

export interface CallBatch {
  readonly caller: string;
  /** Rises when the agent has forgotten the caller: numbers begin anew then. */
  readonly session: number;
  readonly calls: readonly Call[];
  /** Outcomes that have arrived and may be forgotten. */
  readonly seen: readonly number[];
  /** Calls that are no longer wanted. */
  readonly cancelled: readonly number[];
}

/** What a method threw, or why it could not run. */
export interface CallFailure {
  readonly name: string;
  readonly message: string;
  readonly stack: string | null;
  /** `code` of the error, where it had one. */
  readonly code: string | null;
}

export type CallOutcome =
  | { readonly kind: "returned"; readonly value: Payload }
  | { readonly kind: "threw"; readonly failure: CallFailure }
  /** It was taken back before it ended. */
  | { readonly kind: "cancelled" }
  /** The mailbox was full: it has not run and will not. */
  | { readonly kind: "refused"; readonly limit: number };

export interface AnswerBatch {
  readonly actor: string;
  readonly incarnation: number;
  /** Of the calls that this answers. */
  readonly session: number;
  /** Another one, and higher, when the agent has forgotten the caller meanwhile. */
  readonly life: number;
  /** All calls below this number are in the mailbox or ended. What comes next has to have this number. */
  readonly next: number;
  /** A call with a higher number has come: those between are missing, and have to be sent again. */
  readonly gap: boolean;
  readonly outcomes: readonly { readonly n: number; readonly outcome: CallOutcome }[];
}

const OVERHEAD = 200;

/** @returns as many messages as it takes to stay below `maxBytes` each. @throws {EnvelopeError} when one call alone is larger. */
export function encodeCalls(batch: CallBatch, maxBytes: number): Uint8Array[] {
  return inParts(
    batch.calls,
    maxBytes,
    ({ method, args }) => sizeOf(args) + method.length,
    (calls, isFirst) => {
      const writer = new PayloadWriter();
      const head = calls.map(({ n, method, args }) => [n, method, writer.add(args)]);
      return writer.seal({
        caller: batch.caller,
        session: batch.session,
        seen: isFirst ? batch.seen : [],
        cancelled: isFirst ? batch.cancelled : [],
        calls: head,
      });
    },
  );
}

/** @throws {EnvelopeError} */
export function decodeCalls(data: Uint8Array): CallBatch {
  const { messages, payloads } = openEnvelope(data);
  const fields = new Fields(messages, "calls");
  return {
    caller: fields.string("caller"),
    session: fields.number("session"),
    seen: numbersOf(fields.array("seen")),
    cancelled: numbersOf(fields.array("cancelled")),
    calls: fields.array("calls").map((raw) => callOf(raw, payloads)),
  };
}

function callOf(raw: unknown, payloads: PayloadReader): Call {
  const [n, method, slot] = listOf(raw, "a call");
  if (typeof n !== "number" || typeof method !== "string") throw new EnvelopeError("a call has no number or no method");
  return { n, method, args: payloads.get(parseSlot(slot)) };
}

/** @returns as many messages as it takes to stay below `maxBytes` each. */
export function encodeAnswers(batch: AnswerBatch, maxBytes: number): Uint8Array[] {
  return inParts(
    batch.outcomes,
    maxBytes,
    ({ outcome }) => outcomeSize(outcome),
    (outcomes) => {
      const writer = new PayloadWriter();
      const head = outcomes.map(({ n, outcome }) => [
        n,
        outcome.kind === "returned" ? { kind: outcome.kind, value: writer.add(outcome.value) } : outcome,
      ]);
      return writer.seal({
        actor: batch.actor,
        incarnation: batch.incarnation,
        session: batch.session,
        life: batch.life,
        next: batch.next,
        gap: batch.gap,
        outcomes: head,
      });
    },
  );
}

/** @throws {EnvelopeError} */
export function decodeAnswers(data: Uint8Array): AnswerBatch {
  const { messages, payloads } = openEnvelope(data);
  const fields = new Fields(messages, "answers");
  return {
    actor: fields.string("actor"),
    incarnation: fields.number("incarnation"),
    session: fields.number("session"),
    life: fields.number("life"),
    next: fields.number("next"),
    gap: fields.get("gap") === true,
    outcomes: fields.array("outcomes").map((raw) => {
      const [n, outcome] = listOf(raw, "an outcome");
      if (typeof n !== "number") throw new EnvelopeError("an outcome has no number");
      return { n, outcome: outcomeOf(new Fields(outcome, "outcome"), payloads) };
    }),
  };
}

function outcomeOf(fields: Fields, payloads: PayloadReader): CallOutcome {
  switch (fields.string("kind")) {
    case "returned":
      return { kind: "returned", value: payloads.get(parseSlot(fields.get("value"))) };
    case "threw":
      fields.object("failure").check({ name: "string", message: "string" });
      return fields.as<CallOutcome>();
    case "refused":
      fields.number("limit");
      return fields.as<CallOutcome>();
    case "cancelled":
      return { kind: "cancelled" };
    default:
      throw new EnvelopeError(`an outcome is of kind ${fields.string("kind")}`);
  }
}

function listOf(raw: unknown, what: string): readonly unknown[] {
  if (!Array.isArray(raw)) throw new EnvelopeError(`${what} is no list`);
  return raw;
}

function numbersOf(raw: readonly unknown[]): number[] {
  return raw.filter((value) => typeof value === "number");
}

function outcomeSize(outcome: CallOutcome): number {
  if (outcome.kind === "returned") return sizeOf(outcome.value);
  return outcome.kind === "threw" ? 2 * (outcome.failure.message.length + (outcome.failure.stack?.length ?? 0)) : 0;
}

function sizeOf(payload: Payload): number {
  return "bytes" in payload ? payload.bytes.byteLength : 400;
}

/** Cuts what is to be said into messages. There is always one, for what stands beside the items. */
function inParts<Item>(
  items: readonly Item[],
  maxBytes: number,
  size: (item: Item) => number,
  seal: (items: readonly Item[], isFirst: boolean) => Uint8Array,
): Uint8Array[] {
  const messages: Uint8Array[] = [];
  let part: Item[] = [];
  let bytes = OVERHEAD;
  for (const item of items) {
    const next = size(item) + OVERHEAD;
    if (part.length > 0 && bytes + next > maxBytes) {
      messages.push(seal(part, messages.length === 0));
      part = [];
      bytes = OVERHEAD;
    }
    part.push(item);
    bytes += next;
  }
  messages.push(seal(part, messages.length === 0));
  return messages;
}
