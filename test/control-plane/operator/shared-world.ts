/** The world that all tests of a file share: it comes before the first and goes after the last. */
import test from "ava";
import type { OperatorConfig } from "../../../operator/src/config.ts";
import { auditedRights } from "./audited-writes.ts";
import { makeNatsKeys } from "./nats-keys.ts";
import { OPERATOR } from "./rights.ts";
import { startWorld, type World, type WorldOptions } from "./world.ts";

export interface SharedWorldOptions extends WorldOptions {
  /** Whether an operator runs in it all the time. @default true */
  readonly operator?: boolean;
  /** Whether that operator is set up as by the chart: it leads by a Lease, and has keys of NATS, by which each group has credentials of its own. @default false */
  readonly asByChart?: boolean;
  /** Whether the API server starts again meanwhile: for a moment it does not know the roles, and refuses what they grant. @default false */
  readonly apiServerRestarts?: boolean;
}

export interface SharedWorld extends World {
  /** Has something happen after the last test, before the world goes. */
  defer(end: () => Promise<void>): void;
  /** Its operator stops, `meanwhile` happens, and another takes its place. */
  replaceOperator(meanwhile: () => Promise<void>, settings?: Partial<OperatorConfig>, aheadMs?: number): Promise<void>;
}

/** Called once, at the top of a file. It fails after the last test when RBAC has refused the operator anything that it asked for. */
export function sharedWorld({
  operator = true,
  asByChart = false,
  apiServerRestarts = false,
  ...options
}: SharedWorldOptions = {}): SharedWorld {
  let started: (World & AsyncDisposable) | undefined;
  let common: Partial<OperatorConfig> = {};
  let running: AsyncDisposable | undefined;
  const ends = new AsyncDisposableStack();
  const world = (): World => {
    if (started === undefined) throw new Error("the world is not there before the first test begins");
    return started;
  };
  // Serial: further hooks of the file find it there.
  test.serial.before(async () => {
    started = await startWorld(options);
    if (asByChart) common = { lease: OPERATOR, credentialsFolder: await makeNatsKeys(started) };
    if (operator) running = await started.startOperator(common);
  });
  test.serial.after.always("RBAC refused the operator nothing", async (t) => {
    if (started !== undefined && !apiServerRestarts) t.deepEqual((await auditedRights(started)).refused, []);
  });
  test.serial.after.always(async () => {
    await ends.disposeAsync();
    await running?.[Symbol.asyncDispose]();
    await started?.[Symbol.asyncDispose]();
  });
  return {
    get plane() {
      return world().plane;
    },
    get nats() {
      return world().nats;
    },
    get client() {
      return world().client;
    },
    get kubeconfig() {
      return world().kubeconfig;
    },
    get token() {
      return world().token;
    },
    get complaints() {
      return world().complaints;
    },
    defer: (end) => {
      ends.defer(end);
    },
    startOperator: async (...how) => world().startOperator(...how),
    replaceOperator: async (meanwhile, settings = {}, aheadMs = 0) => {
      await running?.[Symbol.asyncDispose]();
      await meanwhile();
      running = await world().startOperator({ ...common, ...settings }, aheadMs);
    },
  };
}
