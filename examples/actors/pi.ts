// An estimate of pi: tasks compute, an actor keeps the progress.
import { actor, task, type ActorHandle } from "@troupe/sdk";

export class Progress {
  readonly #samples = new Map<number, number>();

  report(task: number, samples: number): void {
    this.#samples.set(task, samples);
  }

  total(): number {
    return [...this.#samples.values()].reduce((sum, samples) => sum + samples, 0);
  }
}

export function sample(task: number, samples: number, progress: ActorHandle<Progress>): number {
  let inside = 0;
  let state = task + 1;
  const random = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  for (let i = 1; i <= samples; i++) {
    if (random() ** 2 + random() ** 2 <= 1) inside++;
    if (i % 100_000 === 0) void progress.report(task, i);
  }
  return inside;
}

if (import.meta.main) {
  const [tasks, samples] = [4, 1_000_000];
  const progress = await actor(Progress);
  const inside = await Promise.all(Array.from({ length: tasks }, (_, n) => task(sample, n, samples, progress)));
  console.log(`${await progress.total()} samples`);
  const sum = inside.reduce((total, count) => total + count, 0);
  console.log(`pi is about ${((4 * sum) / (tasks * samples)).toFixed(3)}`);
}
