// What thread-chunks calls reusing actors: a team of one's own class, kept and taught; a checkpoint that an interrupted map goes on from.
import { actor, chunk, Chunker, LabelledActor, startActors, type ChunkProgress, type Label } from "@troupe/sdk";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { add, halve, multiply } from "./functions.ts";

/** Says with each result which of the workers computed it. */
export class Tagged extends LabelledActor<typeof add> {
  override async run(label: Label, ...args: [number, number]): Promise<readonly [Label, number]> {
    const [same, value] = await super.run(label, ...args);
    return [same, 100 + value];
  }
}

const pairs: [number, number][] = [
  [1, 4],
  [2, 5],
  [3, 6],
];

if (import.meta.main) {
  // What was running before stays; a map alone would start a group and stop it.
  await using _group = await startActors();

  const actors = await Promise.all([actor(Tagged, [add]), actor(Tagged, [add])]);
  console.log(await chunk(null, pairs, { actors }));
  await using chunker = new Chunker(null, { actors });
  console.log(await chunker(pairs, multiply), await chunker(pairs));

  const errors = await chunk(halve, [2, 3, 4], { chunkSize: 2, onError: "collect" });
  console.log(errors.map(({ status }) => status));

  const folder = await mkdtemp(join(tmpdir(), "troupe-example-"));
  const path = join(folder, "halves");
  await chunk(halve, [2, 4, 7, 8], { chunkSize: 1, path }).catch((error: unknown) => {
    console.log(String(error));
  });
  const resumed: ChunkProgress[] = [];
  const progress = (now: ChunkProgress): number => resumed.push(now);
  await chunk(halve, [2, 4, 7, 8], { chunkSize: 1, path, progress, onError: "collect" });
  console.log(`resumed with ${(resumed[0]?.done ?? 1) - 1} of 4 done`);
  await rm(folder, { recursive: true });
}
