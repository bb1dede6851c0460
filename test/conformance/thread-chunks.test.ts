import { openLocalGroup } from "./actor-group.ts";
import { describeThreadChunks } from "./thread-chunks.ts";

describeThreadChunks("thread-chunks, locally", openLocalGroup);
