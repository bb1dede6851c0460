/** `troupe get actors`, as it is typed beside a program that runs. */
import { actor, kill, startActors, type ActorInfo } from "@troupe/sdk";
import test from "ava";
import { execFile } from "node:child_process";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { Keeper, Recorder } from "../../conformance/actors/classes.ts";
import { eventually } from "../../support/eventually.ts";

const ROOT = resolve(import.meta.dirname, "../../..");

test("states, parents, queues, restarts and ends are listed, as a table and as JSON", async (t) => {
  await using actors = await startActors({ cpus: 4, spares: 1 });
  const troupe = async (...args: string[]): Promise<string> => {
    const all = ["get", "actors", "--nats", actors.local?.natsUrl ?? "", ...args];
    return (await promisify(execFile)(join(ROOT, "troupe"), all, { cwd: ROOT })).stdout;
  };
  const recorder = await actor(Recorder, [], { name: "recorder", maxConcurrency: 1, maxRestarts: 1 });
  await kill(recorder, { restart: true });
  const keeper = await actor(Keeper, [{ of: [] }], { name: "keeper" });
  await keeper.make(1, { name: "child" });
  await kill(await actor(Recorder, [], { name: "ended" }));
  void recorder.slow("busy", 600_000).catch(() => undefined);
  for (const line of ["a", "b", "c"]) void recorder.slow(line, 1).catch(() => undefined);

  let listed: ActorInfo[] = [];
  await eventually("its queue is known", async () => {
    listed = JSON.parse(await troupe("-o", "json")) as ActorInfo[];
    return listed.find(({ name }) => name === "recorder")?.facts?.queued === 3;
  });
  const by = (name: string): ActorInfo | undefined => listed.find((each) => each.name === name);
  t.like(by("recorder"), { status: "alive", restarts: 1, incarnation: 2, parent: { kind: "client" } });
  t.is(by("recorder")?.facts?.running[0]?.method, "slow");
  t.like(by("child"), { status: "alive", parent: { kind: "actor", id: by("keeper")?.id } });
  t.like(by("ended"), { status: "dead", death: { code: "Killed" } });

  const table = await troupe();
  t.regex(table, /^ACTOR +CLASS +STATUS +LIFE +QUEUED +RUNNING +RESTARTS +PARENT +NOTE$/m);
  t.regex(table, /^recorder +Recorder +alive +2 +3 +slow +1 +\(program\)$/m);
  t.regex(table, new RegExp(`^child +Counter +alive +1 +0 +- +0 +${by("keeper")?.id ?? ""}$`, "m"));
  t.regex(table, /^ended +Recorder +dead .*Killed: Recorder was ended by kill\(\)$/m);
});
