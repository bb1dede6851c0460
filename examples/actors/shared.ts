// A large value is put once and read by many processes; a task is taken back.
import { actor, callSignal, put, task } from "@troupe/sdk";

export class Column {
  readonly #numbers: Float64Array;

  constructor(numbers: Float64Array) {
    this.#numbers = numbers;
  }

  sum(from: number, to: number): number {
    return this.#numbers.subarray(from, to).reduce((sum, value) => sum + value, 0);
  }
}

export async function untilCancelled(): Promise<void> {
  const signal = callSignal();
  await new Promise((_, reject) => {
    signal.addEventListener("abort", reject);
  });
}

if (import.meta.main) {
  const length = 12_500_000;
  using numbers = await put(new Float64Array(length).fill(2)); // 100 MB
  console.log(`${numbers.bytes} bytes, put once`);
  const columns = await Promise.all([0, 1, 2].map(() => actor(Column, [numbers])));
  console.log(await Promise.all(columns.map((column, n) => column.sum(n * 1_000, (n + 1) * 1_000))));

  const waiting = task(untilCancelled);
  waiting.cancel("enough");
  await waiting.catch((error: unknown) => {
    console.log(String(error));
  });
}
