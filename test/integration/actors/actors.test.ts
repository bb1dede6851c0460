import { actor, actorId, actorInfo, actorNamed, kill, listActors, startActors, task, taskWith } from "@troupe/sdk";
import test from "ava";
import { pidOf } from "../../support/actor-pid.ts";
import { eventually } from "../../support/eventually.ts";
import {
  addThrough,
  Counter,
  Forwarder,
  Keeper,
  NoModel,
  Recorder,
  untilAborted,
} from "../../conformance/actors/classes.ts";

const actors = await startActors({ cpus: 4, gpus: 1, spares: 2 });
test.after.always(async () => actors.close());

test("calls keep their order, and state lies in one place", async (t) => {
  const counter = await actor(Counter, [10]);
  const results = await Promise.all(Array.from({ length: 500 }, async () => counter.increment(1)));
  t.deepEqual(
    results,
    Array.from({ length: 500 }, (_, i) => 11 + i),
  );
  t.not(await counter.pid(), process.pid);
});

test("an error of a method comes as it was thrown, and the actor lives on", async (t) => {
  const counter = await actor(Counter);
  const error = await t.throwsAsync(counter.fail("too far"), { instanceOf: RangeError, message: "too far" });
  t.regex(error.stack ?? "", /classes\.ts/);
  t.is(await counter.increment(1), 1);
  const unknown = counter as unknown as { nothing(): Promise<void> };
  await t.throwsAsync(unknown.nothing(), { message: /Counter has no method nothing\(\); it has .*increment/ });
});

test("who calls a dead actor learns how it ended", async (t) => {
  const exiting = await actor(Counter);
  await t.throwsAsync(exiting.exit(7), { name: "ActorDiedError", message: /exit code 7/ });
  await t.throwsAsync(exiting.value(), { name: "ActorDiedError", message: /exit code 7/ });

  const killed = await actor(Counter);
  const blocked = killed.block(60_000);
  await kill(killed);
  await t.throwsAsync(blocked, { name: "ActorDiedError", message: /kill\(\).*may have run/ });

  const greedy = await actor(Counter, [], { memoryMb: 64 });
  await t.throwsAsync(greedy.devour(), { name: "ActorDiedError", message: /out of memory \(limit 64 MiB\)/ });

  const shot = await actor(Counter);
  const running = shot.block(60_000);
  process.kill(await pidOf(shot), "SIGKILL");
  await t.throwsAsync(running, { name: "ActorDiedError", message: /SIGKILL/ });
});

test("an actor with restarts left is made anew, and calls that may run again do", async (t) => {
  const counter = await actor(Counter, [100], { maxRestarts: 1, maxTaskRetries: 1 });
  await counter.increment(1);
  const pid = await counter.pid();
  process.kill(pid, "SIGKILL");
  t.is(await counter.increment(1), 101, "it began anew from its constructor's arguments");
  t.not(await counter.pid(), pid);
  t.is((await actorInfo(counter)).restarts, 1);
  process.kill(await counter.pid(), "SIGKILL");
  await t.throwsAsync(counter.increment(1), { name: "ActorDiedError" });
});

test("a constructor that throws, and code that cannot travel, are told at once", async (t) => {
  const seconds = 5;
  await t.throwsAsync(actor(NoModel), {
    name: "ActorDiedError",
    message: /NoModel could not be made: Error: no model/,
  });
  t.throws(() => task(() => seconds * 2), { name: "NotSendableError", message: /uses "seconds" from around it/ });
  await t.throwsAsync(
    actor(
      class Closed {
        wait(): number {
          return seconds;
        }
      },
      [],
    ),
    { name: "NotSendableError", message: /"seconds"/ },
  );
  const counter = await actor(Counter);
  const add = counter.increment as unknown as (what: unknown) => Promise<number>;
  await t.throwsAsync(add({ deep: [Symbol("x")] }), { name: "NotSendableError", message: /deep\[0\] is a symbol/ });
});

test("values travel as they are", async (t) => {
  const values = [
    undefined,
    null,
    -0,
    Number.NaN,
    12n ** 30n,
    new Date(5),
    new Map([["a", new Set([1])]]),
    new Float64Array([1.5, -2]),
    new Uint8Array(0),
    { $t: "mine", list: [undefined, 1] },
    new TypeError("kept"),
  ];
  for (const value of values) t.deepEqual(await task((same: unknown) => same, value), value);
  const large = new Uint8Array(3_000_000).fill(7);
  t.is(Buffer.compare(await task((bytes: Uint8Array) => bytes, large), large), 0);
});

test("names: one living holder, found by all, taken when it exists", async (t) => {
  const first = await actor(Counter, [1], { name: "visits" });
  await t.throwsAsync(actor(Counter, [1], { name: "visits" }), { name: "ActorAlreadyExistsError" });
  const same = await actor(Counter, [50], { name: "visits", getIfExists: true });
  await same.increment(1);
  t.is(await first.value(), 2);
  t.is(await (await actorNamed<Counter>("visits")).value(), 2);
  const many = await Promise.all(
    Array.from({ length: 4 }, async () => actor(Counter, [0], { name: "shared", getIfExists: true })),
  );
  await Promise.all(many.map(async (handle) => handle.increment(1)));
  t.is(await many[0]!.value(), 4);
  await kill(first);
  await t.throwsAsync(actorNamed("visits"), { name: "ActorNotFoundError" });
  t.is(await (await actor(Counter, [9], { name: "visits" })).value(), 9);
});

test("handles travel in any nesting, to tasks and actors, and back as results", async (t) => {
  const counter = await actor(Counter, [5]);
  t.is(await task(addThrough, { deep: new Map([["list", [{ counter }]]]) }), 7);
  const keeper = await actor(Keeper, [{ of: [counter] }]);
  t.is(await keeper.incrementAll(3), 10);
  const made = await keeper.make(100);
  t.is(await made.increment(1), 101, "one that another actor has made is called from here");
  await keeper.keep(new Map([["new", { handle: made }]]));
  t.is(await keeper.incrementAll(1), 11 + 102);
  const { parent } = await actorInfo(made);
  t.is(parent.id, actorId(keeper));
});

test("a call is done when the calls that it made have been delivered, also when it throws", async (t) => {
  const recorder = await actor(Recorder);
  const forwarder = await actor(Forwarder, [recorder]);
  for (let round = 0; round < 20; round++) {
    await forwarder.forward(5);
    t.is((await recorder.lines()).length, round * 10 + 5);
    await t.throwsAsync(forwarder.forward(5, true), { message: "after sending" });
    t.is((await recorder.lines()).length, round * 10 + 10);
  }
});

test("kill may begin an actor anew; a child that is detached outlives the actor that made it", async (t) => {
  const counter = await actor(Counter, [7], { maxRestarts: 1 });
  await counter.increment(1);
  await kill(counter, { restart: true });
  t.is(await counter.value(), 7);
  await kill(counter, { restart: true });
  await t.throwsAsync(counter.value(), { name: "ActorDiedError", message: /kill\(\)/ });

  const keeper = await actor(Keeper, [{ of: [] }]);
  const [child, orphan] = [await keeper.make(1), await keeper.make(1, { detached: true })];
  await kill(keeper);
  await t.throwsAsync(
    eventually("the child has ended", async () => (await child.value()) === 0),
    { name: "ActorDiedError", message: /Keeper, which created it, has ended/ },
  );
  t.is(await orphan.increment(1), 2);
  await kill(orphan);
});

test("a full mailbox refuses at once, and what was taken is done in order", async (t) => {
  const recorder = await actor(Recorder, [], { maxConcurrency: 1, maxPendingCalls: 3 });
  const calls = ["a", "b", "c", "d", "e"].map(async (line) => recorder.slow(line, 20));
  const outcomes = await Promise.allSettled(calls);
  t.deepEqual(
    outcomes.map(({ status }) => status),
    ["fulfilled", "fulfilled", "fulfilled", "rejected", "rejected"],
  );
  t.like(outcomes[4], { reason: { name: "PendingCallsLimitError" } });
  t.deepEqual(await recorder.lines(), ["a", "b", "c"]);
});

test("calls of an async actor interleave, up to maxConcurrency", async (t) => {
  const interleaving = await actor(Recorder);
  await Promise.all([interleaving.slow("slow", 300), interleaving.slow("quick", 1)]);
  t.deepEqual(await interleaving.lines(), ["quick", "slow"]);
  const serial = await actor(Recorder, [], { maxConcurrency: 1 });
  await Promise.all([serial.slow("slow", 50), serial.slow("quick", 1)]);
  t.deepEqual(await serial.lines(), ["slow", "quick"]);
});

test("an actor that blocks its thread is told to block, and its neighbours notice nothing", async (t) => {
  const blocking = await actor(Counter);
  const neighbour = await actor(Counter);
  const blocked = blocking.block(4_000);
  await eventually("it is reported as blocked", async () => {
    await neighbour.increment(1);
    const { facts } = await actorInfo(blocking);
    return (facts?.blockedMs ?? 0) > 0 && facts?.running[0]?.method === "block";
  });
  await blocked;
  t.is((await actorInfo(blocking)).status, "alive");
});

test("claims: a fraction of a GPU is shared, what is taken is waited for, the impossible is refused", async (t) => {
  await t.throwsAsync(actor(Counter, [], { gpus: 2 }), {
    name: "ActorRefusedError",
    message: /claims 0 CPUs and 2 GPUs/,
  });
  await t.throwsAsync(actor(Counter, [], { gpus: 1.5 }), { name: "ActorRefusedError", message: /only whole GPUs/ });
  const halves = await Promise.all([actor(Seer, [], { gpus: 0.5 }), actor(Seer, [], { gpus: 0.5 })]);
  t.deepEqual(await Promise.all(halves.map(async (half) => half.gpus())), ["0", "0"]);
  let isThere = false;
  const third = actor(Seer, [], { gpus: 0.5 }).then((handle) => {
    isThere = true;
    return handle;
  });
  await eventually("it waits for room", async () =>
    (await listActors()).some(({ waitsFor }) => waitsFor === "room for 0 CPU and 0.5 GPU"),
  );
  t.false(isThere);
  await kill(halves[0]);
  t.is(await (await third).gpus(), "0");
});

class Seer {
  gpus(): string | undefined {
    return process.env["CUDA_VISIBLE_DEVICES"];
  }
}

test("a task is cancelled: before it begins, by its signal, and by force", async (t) => {
  const waiting = task(untilAborted);
  const started = Promise.allSettled([waiting]);
  waiting.cancel("enough");
  t.like((await started)[0], { status: "rejected", reason: { name: "CallCancelledError", message: "enough" } });
  const aborter = new AbortController();
  const stubborn = taskWith({ signal: aborter.signal }, () => {
    for (;;);
  });
  const caught = Promise.allSettled([stubborn]);
  await eventually("it runs", async () =>
    (await listActors()).some(({ className, facts }) => className === "TaskRunner" && (facts?.running.length ?? 0) > 0),
  );
  aborter.abort();
  t.like((await caught)[0], { status: "rejected", reason: { name: "CallCancelledError" } });
  await eventually("its process has gone", async () =>
    (await listActors()).every(
      ({ className, facts }) => className !== "TaskRunner" || (facts?.running.length ?? 0) === 0,
    ),
  );
});

test("a task whose process dies runs again, as often as it may", async (t) => {
  await t.throwsAsync(
    taskWith({ retries: 1 }, () => process.exit(3)),
    { name: "ActorDiedError", message: /exit code 3/ },
  );
  t.is(await task((n: number) => n + 1, 1), 2);
});
