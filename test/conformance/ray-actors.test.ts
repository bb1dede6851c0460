import { openGroup, PLACE } from "./actor-group.ts";
import { describeRayActors } from "./ray-actors.ts";

describeRayActors(`Ray's actors, ${PLACE}`, openGroup);
