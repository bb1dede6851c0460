/** Modules of the long run: next to no work, so that what the engine keeps of a job is what shows. */
import { setFlagsFromString, getHeapStatistics } from "node:v8";
import { runInNewContext } from "node:vm";
import { defineModule } from "@troupe/sdk";

/** An input that asks for the heap of the threads that run the modules. */
export const ASKS_FOR_HEAP = "how large are your heaps?";

/** Bytes in use on this thread's heap, once what nobody needs is collected. */
function heapBytes(): number {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  for (let round = 0; round < 3; round++) collect();
  return getHeapStatistics().used_heap_size;
}

defineModule("soak-first", ({ input }) => (input === ASKS_FOR_HEAP ? heapBytes() : input));
defineModule("soak-second", ({ input, results }) => {
  const first = results.get("first");
  return input === ASKS_FOR_HEAP ? { g1: first, g2: heapBytes() } : String(first).length;
});
