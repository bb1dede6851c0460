/** The operator's writes into the revision bucket carry what they were decided on: what became of a key meanwhile is never written over. */
import test from "ava";
import {
  connectBus,
  deletePipelineState,
  deleteRevision,
  ensureBuckets,
  project,
  projectControl,
  projectGroup,
  ProjectionConflictError,
  readControl,
  readCurrentRevision,
  readGroupMark,
  readProjection,
  readRevision,
  seenGroupMark,
  type Bus,
  type Scope,
} from "@troupe/protocol";
import { NotLeadingError } from "../../../operator/src/kube/index.ts";
import { GatedBus } from "../../../operator/src/nats/gated-bus.ts";
import { testNats } from "../../support/nats.ts";
import { TcpProxy } from "../../support/tcp-proxy.ts";

const SCOPE: Scope = { namespace: "team", pipeline: "film", uid: "u1" };
const CONFLICT = { instanceOf: ProjectionConflictError };

async function withBus(work: (bus: Bus) => Promise<void>): Promise<void> {
  await using nats = await testNats();
  await using bus = await connectBus({ url: nats.url, name: "test" });
  await ensureBuckets(bus);
  await work(bus);
}

test("of two who have seen the same, the second writes over nothing", async (t) => {
  await withBus(async (bus) => {
    const empty = await readProjection(bus, SCOPE);
    await project(bus, SCOPE, { current: { id: "r1" }, control: { suspended: false, retired: [] } }, empty);
    const seen = await readProjection(bus, SCOPE);
    const newer = { current: { id: "r2" }, control: { suspended: true, retired: ["a"] } };
    await project(bus, SCOPE, newer, seen);
    const older = { current: { id: "r3" }, control: { suspended: false, retired: ["b"] } };
    await t.throwsAsync(project(bus, SCOPE, older, seen), CONFLICT);
    // As one whose `control` is as it should be already, and who has an old idea of what is current.
    await t.throwsAsync(
      project(bus, SCOPE, { ...older, control: seen.control.value ?? newer.control }, seen),
      CONFLICT,
    );
    await t.throwsAsync(projectControl(bus, SCOPE, { suspended: false, retired: ["b"] }, seen), CONFLICT);
    t.is(await readCurrentRevision(bus, SCOPE), "r2");
    t.deepEqual(await readControl(bus, SCOPE), newer.control);
  });
});

test("what is as it should be is not written", async (t) => {
  await withBus(async (bus) => {
    const wanted = { current: { id: "r1" }, control: { suspended: true, retired: ["a"] } };
    t.true(await project(bus, SCOPE, wanted, await readProjection(bus, SCOPE)));
    const seen = await readProjection(bus, SCOPE);
    t.false(await project(bus, SCOPE, wanted, seen));
    t.false(await projectControl(bus, SCOPE, wanted.control, seen));
    t.deepEqual(await readProjection(bus, SCOPE), seen);
  });
});

test("the mark of a Group is written by who has seen the last one", async (t) => {
  await withBus(async (bus) => {
    const seen = await seenGroupMark(bus, SCOPE);
    t.true(await projectGroup(bus, SCOPE, { replicas: 1, isAutoscaled: false }, seen));
    await t.throwsAsync(projectGroup(bus, SCOPE, { replicas: 2, isAutoscaled: false }, seen), CONFLICT);
    t.deepEqual(await readGroupMark(bus, SCOPE), { replicas: 1, isAutoscaled: false });
    t.false(await projectGroup(bus, SCOPE, { replicas: 1, isAutoscaled: false }, await seenGroupMark(bus, SCOPE)));
  });
});

test("who leads no more writes nothing, even if nobody has written since", async (t) => {
  await withBus(async (bus) => {
    const leading = new AbortController();
    const check = (): void => {
      leading.signal.throwIfAborted();
    };
    const gated = new GatedBus(bus, { check, signal: leading.signal });
    const control = { suspended: false, retired: [] };
    t.true(await project(gated, SCOPE, { current: { id: "r1" }, control }, await readProjection(gated, SCOPE)));
    const seen = await readProjection(gated, SCOPE);
    leading.abort(new NotLeadingError("the test has ended its term"));
    const refused = { instanceOf: NotLeadingError };
    await t.throwsAsync(project(gated, SCOPE, { current: { id: "r2" }, control }, seen), refused);
    await t.throwsAsync(deleteRevision(gated, SCOPE, "r1"), refused);
    await t.throwsAsync(deletePipelineState(gated, SCOPE), refused);
    t.throws(() => {
      gated.publish("anything", new Uint8Array(0));
    }, refused);
    t.deepEqual(await readProjection(bus, SCOPE), seen);
  });
});

/** Of a process that freezes when it has passed its gate and asks to purge: what it asks for arrives when it is woken. */
class FreezingBus extends GatedBus {
  readonly frozen = Promise.withResolvers<undefined>();
  readonly #way: TcpProxy;

  constructor(bus: Bus, way: TcpProxy) {
    super(bus, { check: () => undefined, signal: new AbortController().signal });
    this.#way = way;
  }

  override async request(...asked: Parameters<Bus["request"]>): ReturnType<Bus["request"]> {
    if (asked[0].includes("STREAM.PURGE")) {
      this.#way.cut();
      this.frozen.resolve(undefined);
    }
    return super.request(...asked);
  }
}

// Notices a purge that names no sequence, and a revision that comes back without being written anew.
test("a deletion that a former leader sent, and that arrives late, spares the revision that has come back", async (t) => {
  await using nats = await testNats();
  await using way = await TcpProxy.to(nats.url);
  await using far = await connectBus({ url: way.url, name: "former leader" });
  await using bus = await connectBus({ url: nats.url, name: "leader" });
  await ensureBuckets(bus);
  const control = { suspended: false, retired: [] };
  const apply = async (id: string): Promise<boolean> =>
    project(bus, SCOPE, { current: { id }, control }, await readProjection(bus, SCOPE));
  await apply("r1");
  await apply("r2");
  const former = new FreezingBus(far, way);
  const deleted = deleteRevision(former, SCOPE, "r1");
  await former.frozen.promise;
  await apply("r1");
  way.heal();
  await deleted;
  t.deepEqual(await readRevision(bus, SCOPE, "r1"), { id: "r1" });
  t.is(await readCurrentRevision(bus, SCOPE), "r1");
  await apply("r2");
  await deleteRevision(bus, SCOPE, "r1");
  t.is(await readRevision(bus, SCOPE, "r1"), null, "who deletes in time deletes");
});
