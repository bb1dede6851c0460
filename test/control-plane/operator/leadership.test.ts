/** Two operators, as `operator.replicas=2` runs them: one leads, and the other takes over when it dies or freezes, while Pipelines change. */
import test from "ava";
import { writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { connectBus, readProjection, type Bus, type Scope } from "@troupe/protocol";
import { leases } from "../../../operator/src/kube/index.ts";
import { eventually } from "../../support/eventually.ts";
import { auditedWrites } from "./audited-writes.ts";
import { OperatorProcess } from "./operator-process.ts";
import { grantSameRights, OPERATOR, RELEASE } from "./rights.ts";
import { sayLoad } from "./scripted-load.ts";
import { sharedWorld } from "./shared-world.ts";
import { Place } from "./world.ts";

/** The chart lets the operator write a Lease of this name alone. */
const LEASE = OPERATOR;
const OWN = RELEASE.namespace;
/** The Lease is free after 15 s without a renewal; this says only that it ends. */
const TAKEOVER_LIMIT_MS = 180_000;
/** Pipelines that are changed beside the one that is looked at: with them a leader is always at work. */
const OTHERS = ["q", "r", "s"];
const IN_FLIGHT_MS = 1_000;
const ONE = { source: { image: "example.test/modules:1" }, modules: [{ name: "A", type: "example", group: "g" }] };

const world = sharedWorld({ operator: false });
let bus: Bus;

test.before(async () => {
  bus = await connectBus({ url: world.nats.url, name: "test" });
  world.defer(async () => bus.close());
});

/** An operator whom the audit log tells from others. */
class Candidate implements AsyncDisposable {
  readonly process: OperatorProcess;
  readonly user: string;

  private constructor(process: OperatorProcess, user: string) {
    this.process = process;
    this.user = user;
  }

  static async start(name: string): Promise<Candidate> {
    const token = await grantSameRights(world.client, name);
    const kubeconfig = join(dirname(world.plane.kubeconfig), `${name}.conf`);
    await writeFile(kubeconfig, world.plane.config({ token }).exportConfig());
    const process = new OperatorProcess(world, { lease: LEASE, kubeconfig });
    await process.started();
    return new Candidate(process, `system:serviceaccount:${OWN}:${name}`);
  }

  async leads(): Promise<boolean> {
    const found = await world.client.find(leases, { namespace: OWN, name: LEASE });
    return found?.spec?.holderIdentity === this.process.identity;
  }

  /** @returns after how many milliseconds it led. */
  async untilLeading(): Promise<number> {
    const began = performance.now();
    await eventually(`${this.user} leads`, async () => this.leads(), TAKEOVER_LIMIT_MS);
    return performance.now() - began;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.process.wake();
    await this.process[Symbol.asyncDispose]();
  }
}

/** A user who changes a Pipeline all the time, each time to another revision. */
class Changes {
  readonly #place: Place;
  readonly #name: string;
  readonly #going: Promise<void>;
  #isOver = false;
  count = 0;

  constructor(place: Place, name: string) {
    this.#place = place;
    this.#name = name;
    this.#going = this.#go();
  }

  async #go(): Promise<void> {
    while (!this.#isOver) {
      this.count += 1;
      await this.#place.applyPipeline(this.#name, {
        ...ONE,
        suspend: this.count % 2 === 0,
        sharedParameters: { n: this.count },
      });
      await delay(50);
    }
  }

  async end(): Promise<void> {
    this.#isOver = true;
    await this.#going;
  }
}

/** Waits until the bucket says what the Pipeline says. @returns all that it says, with the sequences. */
async function settled(place: Place, scope: Scope): Promise<Awaited<ReturnType<typeof readProjection>>> {
  await place.applyPipeline("p", { ...ONE, suspend: false, sharedParameters: { last: place.namespace } });
  await eventually("the bucket has the newest revision", async () => {
    const [found, { current, control }] = await Promise.all([place.pipeline("p"), readProjection(bus, scope)]);
    const isSeen = found?.status?.observedGeneration === found?.metadata.generation;
    return isSeen && current.value === found?.status?.revision && control.value?.suspended === false;
  });
  return readProjection(bus, scope);
}

// Notices a client that writes to the API server without asking the gate: the first one goes on then, when it is woken, with the visits that it was in.
// A connection to NATS that does not ask, and what arrives late although the gate let it pass, are the matter of
// test/integration/cluster/projection.test.ts.
test.serial("a leader that freezes or dies is succeeded, and writes nothing when it wakes up", async (t) => {
  t.timeout(900_000);
  const place = await Place.in(world);
  await using ends = new AsyncDisposableStack();
  ends.defer(place.keepPodsReady("troupe.dev/group=g"));
  const first = ends.use(await Candidate.start("first"));
  await first.untilLeading();
  const second = ends.use(await Candidate.start("second"));
  const { metadata } = await place.applyPipeline("p", ONE);
  ends.use(sayLoad(world, place, metadata.uid));
  const scope = { namespace: place.namespace, pipeline: "p", uid: metadata.uid };
  await place.until("pipeline", "p", "Ready", "True AllGroupsReady");

  const changes = new Changes(place, "p");
  const others = OTHERS.map((name) => new Changes(place, name));
  await eventually("there are changes", () => [changes, ...others].every(({ count }) => count >= 5));
  // So that it waits for answers to writes, after which it would write more: they come while it is frozen.
  world.plane.apiServer.freeze();
  await delay(IN_FLIGHT_MS);
  first.process.freeze();
  world.plane.apiServer.thaw();
  const frozenMs = await second.untilLeading();
  const seen = changes.count;
  await eventually("there are changes under the second", () => changes.count >= seen + 5);
  for (const each of [changes, ...others]) await each.end();
  const before = await settled(place, scope);
  first.process.wake();
  t.is(await first.process.exited(), 3, "whoever started it starts it again");
  t.true(await second.leads());
  t.deepEqual(await readProjection(bus, scope), before, "nothing was written into NATS");
  await place.until("pipeline", "p", "Ready", "True AllGroupsReady");

  const third = ends.use(await Candidate.start("third"));
  const more = new Changes(place, "p");
  await eventually("there are changes again", () => more.count >= 5);
  await second.process.kill("SIGKILL");
  const killedMs = await third.untilLeading();
  await more.end();
  await settled(place, scope);
  await place.until("pipeline", "p", "Ready", "True AllGroupsReady");
  t.log(
    `succeeded after ${(frozenMs / 1000).toFixed(1)} s frozen, ${(killedMs / 1000).toFixed(1)} s killed (what waits longest: 17 s); ${changes.count} and ${more.count} changes`,
  );

  const writes = (await auditedWrites(world, place.namespace)).filter(({ isDone }) => isDone);
  const terms = [first, second, third].map(({ user }) => {
    const moments = writes.filter((write) => write.user === user).map(({ receivedMs }) => receivedMs);
    t.true(moments.length > 0, `${user} has written`);
    return { from: Math.min(...moments), to: Math.max(...moments) };
  });
  for (const [index, { from }] of terms.slice(1).entries())
    t.true((terms[index]?.to ?? Infinity) < from, "nobody writes once the next one does");
});

test.serial(
  "a leader that is told to stop gives the Lease up, so that the next one need not wait for it",
  async (t) => {
    await using leading = await Candidate.start("leaving");
    await leading.untilLeading();
    t.is(await leading.process.kill("SIGTERM"), 0);
    t.is((await world.client.get(leases, { namespace: OWN, name: LEASE })).spec?.holderIdentity, "");
  },
);
