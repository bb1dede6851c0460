/** Values of callers as bytes, and back. */
import { INLINE_LIMIT, type BlobStore, type InlinePayload, type PayloadKind } from "@troupe/protocol";
import { encodeValue } from "../define/encode-value.ts";
import { InvalidInputError } from "./errors.ts";
import type { ArrivedOutcome, JobOutcome } from "./outcome.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const EMPTY = new Uint8Array(0);

/** The rules are those of a module's result. @throws {InvalidInputError} saying where in the value */
export function encodeInput(input: unknown): InlinePayload {
  try {
    const encoded = encodeValue(input, "input");
    return encoded.kind === "binary" ? encoded : { kind: "json", bytes: encoder.encode(encoded.text) };
  } catch (cause) {
    throw new InvalidInputError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

/** Body and headers of a submission; a large input is stored first. */
export async function storeInput(
  store: () => Promise<BlobStore>,
  job: string,
  input: InlinePayload,
): Promise<Sendable> {
  const stored = await (await store()).put({ job, slot: "in", readers: "replicas" }, input.kind, input.bytes);
  return { body: EMPTY, headers: { ...contentHeader(input.kind), "Troupe-Payload": JSON.stringify(stored.ref) } };
}

export interface Sendable {
  readonly body: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
}

export function isLarge({ bytes }: InlinePayload): boolean {
  return bytes.byteLength > INLINE_LIMIT;
}

export function contentHeader(kind: PayloadKind): Readonly<Record<string, string>> {
  return kind === "binary" ? { "Troupe-Content": "binary" } : {};
}

/** Fetches the stored results of an outcome and puts them among the others. */
export async function fetchStored(
  store: () => Promise<BlobStore>,
  { outcome, stored }: ArrivedOutcome,
): Promise<JobOutcome> {
  if (outcome.state !== "done" || stored.length === 0) return outcome;
  const blobs = await store();
  const fetched = await Promise.all(
    stored.map(async ({ name, kind, ref }) => {
      const bytes = await blobs.get({ kind, ref });
      const value: unknown = kind === "binary" ? bytes : JSON.parse(decoder.decode(bytes));
      return [name, value] as const;
    }),
  );
  return { ...outcome, result: { ...outcome.result, ...Object.fromEntries(fetched) } };
}
