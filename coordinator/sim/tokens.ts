/**
 * Results that say where they come from. A payload is the number of a token as JSON, or a reference whose id ends with it; the token is looked up
 * here. So whatever reaches a module or the journal can be traced to the execution that made it and to what that execution had been given.
 */
import type { Lease, Payload } from "@troupe/protocol";
import { jobOfBlob } from "../src/core/release.ts";
import { Violation } from "./violation.ts";

export interface Token {
  readonly job: string;
  readonly module: number;
  readonly lease: Lease;
  /** By journalled module: the token of the result that it was computed from. */
  readonly used: ReadonlyMap<number, number>;
  /** The items that an aggregate processed. */
  readonly items: readonly number[] | undefined;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export class Tokens {
  readonly #made: Token[] = [];
  /** Ids of the payloads in the blob stream, by job. */
  readonly #stored = new Map<string, Set<string>>();
  #inputs = 0;

  make(token: Token, isStored: boolean): Payload {
    const number = this.#made.push(token) - 1;
    return isStored ? this.#store(token.job, `${token.module}.${number}`) : inlineOf(number);
  }

  get(number: number): Token | undefined {
    return this.#made[number];
  }

  /** An input that is too large for a message: it lies in the blob stream before anybody speaks of it. */
  storeInput(job: string): Payload {
    return this.#store(job, `in.${this.#inputs++}`);
  }

  #store(job: string, name: string): Payload {
    const id = `${job}.${name}`;
    this.#stored.set(job, (this.#stored.get(job) ?? new Set()).add(id));
    return { kind: "json", ref: { id, size: 40_000, chunks: 1, sha256: "" } };
  }

  /** @param id of a payload; a job's stands for all that is stored for it. */
  purge(id: string): void {
    const job = jobOfBlob(id);
    if (id === job) this.#stored.delete(job);
    else this.#stored.get(job)?.delete(id);
  }

  /** @throws {Violation} when a stored payload is not there. */
  read(payload: Payload, why: string): void {
    if (!("ref" in payload)) return;
    const { id } = payload.ref;
    if (this.#stored.get(jobOfBlob(id))?.has(id) !== true)
      throw new Violation("payloads", `${id} was purged, but ${why} needs it`);
  }
}

export function inlineOf(value: number | string): Payload {
  return { kind: "json", bytes: encoder.encode(JSON.stringify(value)) };
}

/** What stands in the payload, as text. */
export function textOf(payload: Payload | undefined): string {
  if (payload === undefined) return "";
  return "bytes" in payload ? decoder.decode(payload.bytes) : payload.ref.id.slice(payload.ref.id.lastIndexOf(".") + 1);
}

export function numberOf(payload: Payload | undefined): number {
  return Number(textOf(payload));
}
