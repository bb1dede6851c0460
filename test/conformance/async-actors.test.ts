import { openLocalGroup } from "./actor-group.ts";
import { describeAsyncActors } from "./async-actors.ts";

describeAsyncActors("async actors, locally", openLocalGroup);
