import { setTimeout as sleep } from "node:timers/promises";

export class Echo {
  /** Never done. */
  async hold(bytes: Uint8Array): Promise<never> {
    for (;;) await sleep(bytes.length);
  }

  lengthOf({ byteLength }: Uint8Array | Float64Array): number {
    return byteLength;
  }
}
