import { openLocalGroup } from "./actor-group.ts";
import { describeRayActors } from "./ray-actors.ts";

describeRayActors("Ray's actors, locally", openLocalGroup);
