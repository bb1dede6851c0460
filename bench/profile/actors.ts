/** What a call to an actor costs, by process and thread: alone, with many others, and from a pool. */
import type { Measured } from "../measure/cpu-meter.ts";
import { short } from "../report/table.ts";
import type { Context } from "../sections/section.ts";
import { costs, printBudget, threadsOf, type Print } from "./budget.ts";

const WORKERS = 4;

/** Travels as it stands here. */
class Empty {
  nothing(): null {
    return null;
  }
}

export async function profileActors({ troupe, quick }: Context, print: Print): Promise<void> {
  const { actor, ActorPool, startActors } = troupe;
  const calls = quick ? 500 : 5_000;
  await using group = await startActors();
  const [alone, ...others] = await Promise.all(Array.from({ length: WORKERS }, async () => actor(Empty)));
  if (alone === undefined || group.local === null) throw new Error("there is no group of this machine");
  const found = Object.entries(await group.local.processes()).map(([name, pid]): Measured => ({ name, pid }));
  const processes = [{ name: "client", pid: process.pid }, ...found];
  const measure = async (title: string, work: (count: number) => Promise<unknown>): Promise<void> => {
    await work(Math.ceil(calls / 5));
    const before = threadsOf(processes);
    const begun = performance.now();
    await work(calls);
    const perSecond = (calls / (performance.now() - begun)) * 1_000;
    print(`\n${title}: ${short(perSecond)} /s`);
    printBudget("call", processes, costs(processes, before, threadsOf(processes), calls), print);
  };
  await measure("calls of an actor, one after another", async (count) => {
    for (let call = 0; call < count; call++) await alone.nothing();
  });
  await measure("calls of an actor, all at once", async (count) =>
    Promise.all(Array.from({ length: count }, async () => alone.nothing())),
  );
  const pool = new ActorPool([alone, ...others]);
  await measure(`tasks of a pool of ${WORKERS}`, async (count) => {
    const inputs = Array.from({ length: count }, (_, index) => index);
    for await (const _ of pool.map(async (each) => each.nothing(), inputs));
  });
}
