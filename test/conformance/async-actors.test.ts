import { openGroup, PLACE } from "./actor-group.ts";
import { describeAsyncActors } from "./async-actors.ts";

describeAsyncActors(`async actors, ${PLACE}`, openGroup);
