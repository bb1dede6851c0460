/** Inputs of a size, and what must come back of them. */
import { randomFillSync } from "node:crypto";
import { PAGE_BYTES } from "../modules.ts";
import type { Load } from "./throughput.ts";

/** Different payloads, so that no result can be taken for another's. */
const VARIANTS = 16;
/** How many modules change a payload on its way through either pipeline. */
const CHANGES = 3;

export function emptyLoad(inFlight: number): Load {
  return {
    inputOf: () => null,
    check: (_, result) => {
      if (result["result"] !== null) throw new Error(`expected { result: null }, got ${JSON.stringify(result)}`);
    },
    inFlight,
  };
}

export function payloadLoad(bytes: number, inFlight: number): Load {
  const inputs = Array.from({ length: VARIANTS }, () => randomFillSync(new Uint8Array(bytes)));
  const expected = inputs.map(changed);
  return {
    inputOf: (index) => inputs[index % VARIANTS],
    check: (index, result) => {
      const got = result["result"];
      if (got instanceof Uint8Array && Buffer.compare(got, expected[index % VARIANTS]!) === 0) return;
      throw new Error(`job ${index}: the payload came back with other bytes than every module should have made of it`);
    },
    inFlight,
  };
}

function changed(input: Uint8Array): Uint8Array {
  const output = input.slice();
  for (let at = 0; at < output.length; at += PAGE_BYTES) output[at]! += CHANGES;
  return output;
}
