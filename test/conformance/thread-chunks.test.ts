import { openGroup, PLACE } from "./actor-group.ts";
import { describeThreadChunks } from "./thread-chunks.ts";

describeThreadChunks(`thread-chunks, ${PLACE}`, openGroup);
