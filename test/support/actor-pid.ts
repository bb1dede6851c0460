import { actorInfo } from "@troupe/sdk";
import { eventually } from "./eventually.ts";

/** The process of an actor, once it is known. Never 0, which as the target of a signal means all processes of the test run. */
export async function pidOf(handle: object): Promise<number> {
  let pid = 0;
  await eventually("its process is known", async () => {
    pid = (await actorInfo(handle)).facts?.pid ?? 0;
    return pid > 0;
  });
  return pid;
}
