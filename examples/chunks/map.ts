import { chunk, Chunker, ChunkElementError } from "@troupe/sdk";
import { add, halve, multiply } from "./functions.ts";

const pairs: [number, number][] = [
  [1, 4],
  [2, 5],
  [3, 6],
];

// Workers come, work and go.
console.log(await chunk(add, pairs, { chunkSize: 2 }));

// Workers stay, with their function; another one replaces it from then on.
await using chunker = new Chunker(add, { chunkSize: 2 });
console.log(await chunker(pairs, multiply), await chunker(pairs));

// A function without anything from around it needs no file of its own.
console.log(await chunk((a: number, b: number) => a - b, pairs, { actors: chunker.actors }));

await chunk(halve, [2, 3, 4], { chunkSize: 1 }).catch((error: unknown) => {
  if (error instanceof ChunkElementError) console.log(error.message);
});
