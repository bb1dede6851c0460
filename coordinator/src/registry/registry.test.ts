import type { ActorOrder, NurseryBeat, ParentRef, RegistryReply, RegistryRequest } from "@troupe/protocol";
import test from "ava";
import {
  decodeRegistryFrame,
  decodeRegistrySnapshot,
  encodeRegistryFrame,
  encodeRegistrySnapshot,
  type RegistryEntry,
} from "./codec.ts";
import { commitRegistry, takeOverRegistry } from "./commit.ts";
import { foldRegistry } from "./fold.ts";
import { heardNursery } from "./nurseries.ts";
import { newRegistryOwner, takeRegistryCommands, type RegistryCommand, type RegistryOwner } from "./owner.ts";
import { ask } from "./requests.ts";
import { emptyRegistry, type RegistryState } from "./state.ts";
import { tickRegistry } from "./tick.ts";
import { neededPayloads } from "./writers.ts";

/** A registry whose journal takes everything at once. */
class Bench {
  readonly journal: RegistryEntry[] = [];
  readonly replies = new Map<string, RegistryReply>();
  readonly sent: Extract<RegistryCommand, { kind: "send" }>[] = [];
  readonly discarded: string[] = [];
  owner: RegistryOwner;
  now = 0;

  constructor(state: RegistryState = emptyRegistry()) {
    this.owner = newRegistryOwner(state, { uid: "u", now: this.moment });
  }

  get moment(): { mono: number; wall: number } {
    return { mono: this.now, wall: this.now };
  }

  settle(): void {
    for (
      let commands = takeRegistryCommands(this.owner);
      commands.length > 0;
      commands = takeRegistryCommands(this.owner)
    ) {
      for (const command of commands) this.execute(command);
    }
  }

  execute(command: RegistryCommand): void {
    if (command.kind === "reply") this.replies.set(command.to, command.reply);
    if (command.kind === "send") this.sent.push(command);
    if (command.kind === "discard") this.discarded.push(...command.blobs);
    if (command.kind !== "append") return;
    this.journal.push(command);
    commitRegistry(this.owner, [command], this.moment);
  }

  ask(request: RegistryRequest, to = "r"): RegistryReply | undefined {
    this.replies.delete(to);
    ask(this.owner, { request, to }, this.moment);
    this.settle();
    return this.replies.get(to);
  }

  beat(beat: Partial<NurseryBeat> = {}): void {
    const whole = {
      replica: "n0",
      instance: "i",
      capacity: { cpus: 4, gpus: 1 },
      draining: false,
      residents: [],
      ended: [],
    };
    heardNursery(this.owner, { ...whole, ...beat }, this.moment);
    this.settle();
  }

  tick(ms: number): void {
    this.now += ms;
    tickRegistry(this.owner, this.moment);
    this.settle();
  }

  status(id: string): string | undefined {
    return this.owner.state.actors.get(id)?.status;
  }
}

function order(id: string, more: Partial<ActorOrder> = {}): ActorOrder {
  return {
    id,
    name: null,
    className: "Counter",
    code: { kind: "sdk", name: "Counter" },
    args: "",
    parent: { kind: "client", id: "c" },
    detached: false,
    claim: { cpus: 0, gpus: 0 },
    memoryMb: null,
    maxConcurrency: null,
    maxRestarts: 0,
    maxTaskRetries: 0,
    maxPendingCalls: 10,
    ...more,
  };
}

function sealedParts(state: RegistryState): Uint8Array[] {
  return encodeRegistrySnapshot(state, 10_000).map((part) => part.seal());
}

function alive(actor: string, incarnation = 1): NurseryBeat["residents"][number] {
  return { actor, incarnation, phase: "alive", facts: null };
}

test("an actor is placed when its claim fits, and its creator hears when it lives", (t) => {
  const bench = new Bench();
  t.is(
    bench.ask({ op: "create", order: order("a", { claim: { cpus: 3, gpus: 0 } }), getIfExists: false }, "a"),
    undefined,
  );
  t.is(bench.status("a"), "pending");
  bench.beat();
  t.is(bench.status("a"), "starting");
  t.like(bench.sent, [{ replica: "n0", order: { type: "spawn", incarnation: 1 } }]);
  bench.beat({ residents: [alive("a")] });
  t.like(bench.replies.get("a"), { ok: true, actors: [{ id: "a", status: "alive", incarnation: 1 }] });
  bench.ask({ op: "create", order: order("b", { claim: { cpus: 2, gpus: 0 } }), getIfExists: false }, "b");
  t.is(bench.status("b"), "pending", "one CPU is left");
  bench.ask({ op: "kill", id: "a", restart: false });
  t.is(bench.status("b"), "starting", "and four when the first has ended");
  t.like(bench.ask({ op: "create", order: order("c", { claim: { cpus: 5, gpus: 0 } }), getIfExists: false }), {
    ok: false,
    code: "ImpossibleClaim",
  });
});

test("a silent replica is lost: restarts begin elsewhere, the others are dead, and their children with them", (t) => {
  const bench = new Bench();
  bench.beat();
  bench.ask({ op: "create", order: order("kept", { maxRestarts: 1 }), getIfExists: false });
  bench.ask({ op: "create", order: order("lost"), getIfExists: false });
  const parent = { kind: "actor", id: "lost", incarnation: 1 } as const;
  bench.beat({ residents: [alive("kept"), alive("lost")] });
  bench.beat({ replica: "n1", residents: [] });
  bench.ask({ op: "create", order: order("child", { parent }), getIfExists: false });
  bench.now += 4_000;
  bench.beat({ replica: "n1", residents: [alive("child")] });
  for (const client of ["c"]) bench.ask({ op: "beat", client });
  bench.tick(1_500);
  t.is(bench.status("lost"), "dead");
  t.is(bench.owner.state.actors.get("lost")?.death?.code, "HostLost");
  t.like(bench.owner.state.actors.get("kept"), { status: "starting", incarnation: 2, replica: "n1", restarts: 1 });
  t.like(bench.owner.state.actors.get("child"), { status: "dead", death: { code: "ParentEnded" } });
  bench.sent.length = 0;
  bench.beat({ residents: [alive("kept", 1)] });
  t.like(
    bench.sent,
    [{ replica: "n0", order: { type: "kill", actor: "kept", incarnation: 1 } }],
    "what comes back no longer counts",
  );
});

test("an order that was lost is sent again; what a nursery no longer has is dead", (t) => {
  const bench = new Bench();
  bench.beat();
  bench.ask({ op: "create", order: order("a"), getIfExists: false });
  for (let beat = 0; beat < 3; beat++) {
    bench.now += 1_100;
    bench.beat();
  }
  t.is(bench.sent.filter(({ order: { type } }) => type === "spawn").length, 2);
  bench.beat({ residents: [alive("a")] });
  for (let beat = 0; beat < 3; beat++) {
    bench.now += 1_100;
    bench.beat();
  }
  t.like(bench.owner.state.actors.get("a"), { status: "dead", death: { code: "HostLost" } });
});

test("a client that is silent takes along what it has created, unless it is detached", (t) => {
  const bench = new Bench();
  bench.beat();
  bench.ask({ op: "create", order: order("a"), getIfExists: false });
  bench.ask({ op: "create", order: order("d", { detached: true }), getIfExists: false });
  bench.beat({ residents: [alive("a"), alive("d")] });
  bench.now += 3_000;
  bench.ask({ op: "beat", client: "c" });
  bench.beat({ residents: [alive("a"), alive("d")] });
  bench.tick(3_000);
  t.is(bench.status("a"), "alive");
  bench.beat({ residents: [alive("a"), alive("d")] });
  bench.tick(3_000);
  t.like(bench.owner.state.actors.get("a"), { status: "dead", death: { code: "ClientEnded" } });
  t.is(bench.status("d"), "alive");
});

test("one name, one living actor: taken, refused, free again", (t) => {
  const bench = new Bench();
  bench.beat();
  bench.ask({ op: "create", order: order("a", { name: "n" }), getIfExists: false });
  t.like(bench.ask({ op: "create", order: order("b", { name: "n" }), getIfExists: false }), {
    code: "ActorAlreadyExists",
  });
  t.is(
    bench.ask({ op: "create", order: order("c", { name: "n" }), getIfExists: true }, "c"),
    undefined,
    "it does not live yet",
  );
  bench.beat({ residents: [alive("a")] });
  t.like(bench.replies.get("c"), { ok: true, actors: [{ id: "a" }] });
  bench.ask({ op: "kill", id: "a", restart: false });
  t.like(bench.ask({ op: "named", name: "n" }), { code: "ActorNotFound" });
  bench.ask({ op: "create", order: order("e", { name: "n" }), getIfExists: false });
  t.is(bench.status("e"), "starting");
});

test("a kill that names an incarnation ends that one alone, however often it is asked", (t) => {
  const bench = new Bench();
  bench.beat();
  bench.ask({ op: "create", order: order("a", { maxRestarts: 3 }), getIfExists: false });
  bench.beat({ residents: [alive("a")] });
  const request = { op: "kill", id: "a", restart: true, incarnation: 1 } as const;
  bench.ask(request);
  bench.beat({ residents: [alive("a", 2)] });
  t.like(bench.ask(request), { ok: true, actors: [{ status: "alive", incarnation: 2 }] });
  t.like(bench.owner.state.actors.get("a"), { status: "alive", incarnation: 2, restarts: 1 });
});

test("journal and snapshot hold all that counts, and a new owner goes on from there", (t) => {
  const bench = new Bench();
  bench.beat();
  bench.ask({ op: "create", order: order("a", { name: "n", maxRestarts: 3 }), getIfExists: false });
  bench.beat({ residents: [alive("a")] });
  bench.ask({ op: "kill", id: "a", restart: true });
  const frame = encodeRegistryFrame({ epoch: 1, number: 1, after: 0, expected: 0, entries: bench.journal });
  const folded = emptyRegistry();
  for (const event of decodeRegistryFrame(frame).events) foldRegistry(folded, event);
  t.deepEqual(folded, bench.owner.state);
  const restored = decodeRegistrySnapshot(sealedParts(folded));
  t.deepEqual(restored, folded);
  const next = new Bench(restored);
  takeOverRegistry(next.owner, next.moment);
  next.beat({ residents: [alive("a", 2)] });
  t.like(next.owner.state.actors.get("a"), { status: "alive", incarnation: 2, restarts: 1 });
});

test("a replica that is to end refuses what it was just given: it begins elsewhere, and no restart is used up", (t) => {
  const bench = new Bench();
  bench.beat();
  bench.ask({ op: "create", order: order("a"), getIfExists: false }, "a");
  t.is(bench.status("a"), "starting");
  const death = { code: "HostLost", message: "its replica was ended" } as const;
  bench.beat({ draining: true, ended: [{ actor: "a", incarnation: 1, death, unbegun: true }] });
  t.is(bench.status("a"), "restarting", "there is no other replica yet");
  bench.beat({ replica: "n1" });
  t.is(bench.status("a"), "starting");
  const record = bench.owner.state.actors.get("a");
  t.deepEqual([record?.replica, record?.incarnation, record?.restarts], ["n1", 2, 0]);
});

test("an actor that was ended with its replica, which was to go, begins elsewhere, and no restart is used up", (t) => {
  const bench = new Bench();
  bench.beat();
  bench.ask({ op: "create", order: order("once", { maxRestarts: 1 }), getIfExists: false });
  bench.ask({ op: "create", order: order("never"), getIfExists: false });
  bench.beat({ residents: [alive("once"), alive("never")] });
  const death = { code: "HostLost", message: "its replica was ended" } as const;
  const ended = ["once", "never"].map((actor) => ({ actor, incarnation: 1, death, drained: true }) as const);
  bench.beat({ draining: true, ended });
  bench.beat({ replica: "n1" });
  t.like(bench.owner.state.actors.get("once"), { status: "starting", incarnation: 2, replica: "n1", restarts: 0 });
  t.like(bench.owner.state.actors.get("never"), { status: "dead", death: { code: "HostLost" } });
  const crashed = { code: "Crashed", message: "SIGSEGV" } as const;
  bench.beat({ replica: "n1", ended: [{ actor: "once", incarnation: 2, death: crashed }] });
  t.like(bench.owner.state.actors.get("once"), { status: "starting", incarnation: 3, restarts: 1 });
  bench.beat({ replica: "n1", ended: [{ actor: "once", incarnation: 3, death: crashed }] });
  t.is(bench.status("once"), "dead");
});

test("a shared object goes when the last who held it has let go of it, or has ended a moment ago", (t) => {
  const bench = new Bench();
  const client = (id: string): ParentRef => ({ kind: "client", id });
  const live = (ms: number, clients: readonly string[]): void => {
    for (let past = 0; past < ms; past += 1_000) {
      for (const id of clients) bench.ask({ op: "beat", client: id });
      bench.tick(1_000);
    }
  };
  live(61_000, ["p", "q"]);
  bench.ask({ op: "holds", holder: client("p"), objects: ["p.shared.1", "p.shared.2"] });
  bench.ask({ op: "holds", holder: client("q"), objects: ["p.shared.2"] });
  live(10_000, ["p", "q"]);
  t.deepEqual(bench.discarded, []);
  bench.ask({ op: "holds", holder: client("p"), objects: ["p.shared.2"] });
  t.deepEqual(bench.discarded, ["p.shared.1"]);
  bench.ask({ op: "bye", client: "p" });
  live(10_000, ["q"]);
  t.deepEqual(bench.discarded, ["p.shared.1"], "q holds the other");
  const isNeeded = neededPayloads(bench.owner, bench.moment);
  t.true(isNeeded("p.shared.2"), "so that it is not swept");
  t.deepEqual([isNeeded("q.shared.3"), isNeeded("q.call.3"), isNeeded("p.call.3")], [false, true, false]);
  bench.ask({ op: "bye", client: "q" });
  live(3_000, []);
  t.deepEqual(bench.discarded, ["p.shared.1"], "it may just have passed it on");
  live(5_000, []);
  t.deepEqual(bench.discarded, ["p.shared.1", "p.shared.2"]);
});

test("a new owner removes nothing before everybody has said what they hold", (t) => {
  const bench = new Bench();
  const holder = { kind: "client", id: "p" } as const;
  bench.ask({ op: "holds", holder, objects: ["p.shared.1"] });
  bench.ask({ op: "holds", holder, objects: [] });
  bench.tick(10_000);
  t.deepEqual(bench.discarded, []);
  bench.ask({ op: "holds", holder: { kind: "client", id: "q" }, objects: ["p.shared.1"] });
  bench.tick(4_000);
  for (let past = 0; past < 60; past++) {
    bench.ask({ op: "beat", client: "q" });
    bench.tick(1_000);
  }
  t.deepEqual(bench.discarded, [], "q has said so meanwhile");
});

function gives(bench: Bench, id: string, maxRestarts: number): void {
  const holder = { kind: "client", id: "p" } as const;
  bench.ask({ op: "holds", holder, objects: [`p.shared.${id}`] });
  const given = order(id, { detached: true, maxRestarts, objects: [`p.shared.${id}`] });
  bench.ask({ op: "create", order: given, getIfExists: false });
  bench.ask({ op: "holds", holder, objects: [] });
}

test("what a constructor was given is there until the actor cannot begin any more", (t) => {
  const bench = new Bench();
  const live = (ms: number, ...residents: NurseryBeat["residents"]): void => {
    for (let past = 0; past < ms; past += 1_000) {
      bench.beat({ residents });
      bench.tick(1_000);
    }
  };
  live(20_000);
  gives(bench, "again", 1);
  gives(bench, "once", 0);
  live(30_000);
  t.deepEqual(bench.discarded, [], "both wait for their processes");
  live(30_000, alive("again"), alive("once"));
  t.deepEqual(bench.discarded, ["p.shared.once"], "of which one has read all that it ever will");
  bench.ask({ op: "kill", id: "again", restart: true });
  live(30_000, alive("again", 2), alive("once"));
  t.deepEqual(bench.discarded, ["p.shared.once"]);
  bench.ask({ op: "kill", id: "again", restart: true });
  t.is(bench.status("again"), "dead");
  live(30_000, alive("once"));
  t.deepEqual(bench.discarded, ["p.shared.once", "p.shared.again"]);
});

test("a new owner knows from the journal what constructors were given, and whose files need not be kept", (t) => {
  const bench = new Bench();
  bench.beat();
  gives(bench, "a", 1);
  bench.beat({ residents: [alive("a")] });
  const restored = decodeRegistrySnapshot(sealedParts(bench.owner.state));
  const next = new Bench(restored);
  takeOverRegistry(next.owner, next.moment);
  t.true(neededPayloads(next.owner, next.moment)("q.shared.x"), "nobody has said yet what they hold");
  next.beat({ residents: [alive("a")], keeps: ["a", "gone"] });
  t.deepEqual(
    next.sent.map(({ order: sent }) => sent),
    [{ type: "release", actor: "gone" }],
  );
  next.now += 20_000;
  const isNeeded = neededPayloads(next.owner, next.moment);
  t.deepEqual([isNeeded("p.shared.a"), isNeeded("q.shared.x")], [true, false]);
  next.ask({ op: "kill", id: "a", restart: false });
  next.beat({ keeps: ["a"] });
  t.deepEqual(next.sent.at(-1)?.order, { type: "release", actor: "a" });
});

test("a Group that is scaled to nothing refuses actors, those included that wait; those that have lived are kept", (t) => {
  const bench = new Bench();
  bench.owner.mark = { replicas: 1, isAutoscaled: false };
  bench.beat();
  bench.ask({ op: "create", order: order("old", { maxRestarts: 1, detached: true }), getIfExists: false }, "old");
  bench.beat({ residents: [alive("old")], draining: true });
  bench.ask({ op: "create", order: order("waits", { detached: true }), getIfExists: false }, "waits");
  bench.owner.mark = { replicas: 0, isAutoscaled: false };
  const refused = bench.ask({ op: "create", order: order("new"), getIfExists: false }, "new");
  t.like(refused, { ok: false, code: "NoReplica" });
  bench.tick(6_000);
  t.like(bench.replies.get("waits"), { ok: false, death: { code: "NoReplica" } });
  t.is(bench.status("old"), "restarting");
  bench.owner.mark = { replicas: 0, isAutoscaled: true };
  t.is(bench.ask({ op: "create", order: order("patient"), getIfExists: false }, "patient"), undefined);
});
