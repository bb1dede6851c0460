import test from "ava";
import { Random } from "../../sim/random.ts";
import { graphFrom } from "../../sim/owner-fixture.ts";
import { inlineOf } from "../../sim/tokens.ts";
import { newJob, type Block } from "./job.ts";
import { ReadyQueue } from "./queue.ts";
import { routeOf } from "./route.ts";

const route = routeOf(graphFrom(["a@g1"]), "run");

function blockAt(position: number): Block {
  const job = newJob({ id: `j${position}`, route, input: inlineOf(position), digest: "", submittedAt: 0 });
  const block = job.blocks[0];
  if (block === undefined) throw new RangeError("the route stops nowhere");
  block.position = position;
  return block;
}

function positionsOf(blocks: Iterable<Block>): number[] {
  return [...blocks].map(({ position }) => position).sort((a, b) => a - b);
}

test("blocks come in the order of their positions, however they are added and removed", (t) => {
  for (let seed = 1; seed <= 50; seed++) {
    const random = new Random(seed);
    const queue = new ReadyQueue();
    const blocks = Array.from({ length: 300 }, (_, position) => blockAt(position));
    const inside = new Set<Block>();
    const take = (): void => {
      const least = [...inside].sort((a, b) => a.position - b.position)[0];
      t.is(queue.take(), least, `seed ${seed}`);
      if (least !== undefined) inside.delete(least);
    };
    for (let turn = 0; turn < 2_000; turn++) {
      const block = random.pick(blocks);
      const fate = random.next();
      if (fate < 0.5) queue.add(block, 0);
      if (fate < 0.5) inside.add(block);
      else if (fate < 0.8) queue.remove(block);
      else take();
      if (fate >= 0.5 && fate < 0.8) inside.delete(block);
      t.is(queue.size, inside.size, `seed ${seed}`);
    }
    t.deepEqual(positionsOf(queue.blocks()), positionsOf(inside), `seed ${seed}`);
  }
});
