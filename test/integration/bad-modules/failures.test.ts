/** Modules that fail for themselves: the job says where and why, and the next one is served. */
import test from "ava";
import { withBad } from "./bad-system.ts";

test.serial("errors: tried again unless they are terminal, then said", async (t) => {
  await withBad(t, {}, async (system) => {
    await system.fails({ do: "throw" }, { code: "ModuleError", message: /^as asked$/, attempt: 2 });
    await system.fails({ do: "throw nothing" }, { code: "ModuleError", message: /undefined/, attempt: 2 });
    await system.fails({ do: "refuse" }, { code: "ModuleError", message: /^bad input$/, attempt: 1 });
    t.is(system.restarts(), 0);
  });
});

test.serial("results that cannot be encoded: named, with the place in the value, at the first attempt", async (t) => {
  await withBad(t, {}, async (system) => {
    const refused = async (what: string, message: RegExp): Promise<void> =>
      system.fails({ do: what }, { code: "ResultNotEncodable", message, attempt: 1 });
    await refused("bigint", /result\.list\[0\]\.count is a BigInt/);
    await refused("cycle", /result\.self is a reference to an object that contains it/);
    await refused("map", /result\.table is a Map/);
    await refused("function", /result\.callback is a function/);
    await refused("symbol", /result is a symbol/);
    await refused("nan", /result\[0\] is NaN/);
    t.is(system.restarts(), 0);
  });
});

test.serial("a module that exits the process ends its host, as often as it may", async (t) => {
  await withBad(t, {}, async (system) => {
    await system.fails({ do: "exit" }, { code: "HostExited", message: /code 7/, attempt: 2 });
  });
});

test.serial("a module that allocates until it dies runs out of its group's memory, and of no one else's", async (t) => {
  await withBad(t, { group: { memory: "64Mi" } }, async (system) => {
    await system.fails({ do: "allocate" }, { code: "HostOutOfMemory", message: /limit 64 MiB/, attempt: 2 });
    t.is(system.restarts(), 0);
  });
});

for (const signal of ["SIGSEGV", "SIGABRT", "SIGBUS"] as const) {
  test.serial(`a native crash (${signal}) loses the replica and no other, which is started again`, async (t) => {
    await withBad(t, { group: { replicas: 2 } }, async (system) => {
      const order = { do: "signal", signal };
      const [neighbours] = await Promise.all([
        Promise.all(Array.from({ length: 6 }, async () => system.order({ do: "sleep", ms: 100 }))),
        system.fails(order, { code: "ReplicaLost", message: /g2-\d was lost/, attempt: 2 }),
      ]);
      for (const neighbour of neighbours) t.like(neighbour, { state: "done", result: { bad: { attempt: 1 } } });
      await system.startedAgain(2);
    });
  });
}

test.serial("process.abort() is none: in a module's thread it throws", async (t) => {
  await withBad(t, {}, async (system) => {
    await system.fails({ do: "abort" }, { code: "ModuleError", message: /process\.abort\(\)/, attempt: 2 });
    t.is(system.restarts(), 0);
  });
});

test.serial("a module that kills its process loses the replica, which is started again", async (t) => {
  await withBad(t, {}, async (system) => {
    await system.fails({ do: "kill" }, { code: "ReplicaLost", message: /g2-0 was lost/, attempt: 2 });
    await system.startedAgain(2);
  });
});
