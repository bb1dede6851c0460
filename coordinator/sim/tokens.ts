/**
 * Results that say where they come from. A payload is the number of a token as JSON; the token is looked up here. So whatever reaches a module or
 * the journal can be traced to the execution that made it and to what that execution had been given.
 */
import type { Lease, Payload } from "@troupe/protocol";

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

  make(token: Token): Payload {
    return payloadOf(this.#made.push(token) - 1);
  }

  get(number: number): Token | undefined {
    return this.#made[number];
  }
}

export function payloadOf(value: number | string): Payload {
  return { kind: "json", bytes: encoder.encode(JSON.stringify(value)) };
}

/** What stands in the payload, as text. */
export function textOf(payload: Payload | undefined): string {
  return payload !== undefined && "bytes" in payload ? decoder.decode(payload.bytes) : "";
}

export function numberOf(payload: Payload | undefined): number {
  return Number(textOf(payload));
}
