/** The replicas of all groups: processes that are killed, frozen, cut off and drained, and come back as new instances. */
import type { DownBatch, UpBatch, UpMessage } from "@troupe/protocol";
import type { Graph } from "@troupe/model";
import { Agent, type AgentWorld } from "./agent.ts";
import type { Clock } from "./clock.ts";
import type { Network } from "./network.ts";
import type { DrawnPipeline } from "./pipeline.ts";
import { Process } from "./process.ts";
import type { Random } from "./random.ts";
import type { Tokens } from "./tokens.ts";
import type { Weather } from "./weather.ts";
import type { Witness } from "./witness.ts";

/** A place for a replica, which keeps its name over all its instances. */
export interface Slot {
  readonly group: number;
  readonly name: string;
  readonly graph: Graph;
  instance: number;
  agent: Agent;
  /** Nothing reaches it and nothing comes from it until then. */
  cutUntil: number;
}

function nameOf({ name, instance }: Slot): string {
  return `${name}.${instance}`;
}

export interface ReplicasWorld {
  readonly clock: Clock;
  readonly random: Random;
  readonly weather: Weather;
  readonly network: Network;
  readonly pipeline: DrawnPipeline;
  readonly tokens: Tokens;
  readonly witness: Witness;
  readonly wall: () => number;
  readonly publish: (batch: UpBatch) => void;
}

export class Replicas {
  readonly slots: Slot[] = [];
  readonly #world: ReplicasWorld;
  readonly #byKey = new Map<string, Slot>();
  deaths = 0;

  constructor(world: ReplicasWorld) {
    this.#world = world;
    for (const [group, count] of world.pipeline.replicas.entries()) {
      for (let index = 0; index < count; index++) this.#open(group, `g${group}-${index}`, world.pipeline.graph);
    }
  }

  /** The pipeline has another revision: the group whose template changed gets replicas of that, beside those that jobs in flight need. */
  revise(): void {
    const { revised, revisedGroup, replicas } = this.#world.pipeline;
    for (let index = 0; index < (replicas[revisedGroup] ?? 1); index++)
      this.#open(revisedGroup, `g${revisedGroup}-r${index}`, revised);
  }

  /** The instance of that name, if it lives. */
  living(instance: string): Agent | undefined {
    return this.slots.find((slot) => nameOf(slot) === instance && slot.agent.process.isAlive)?.agent;
  }

  get areIdle(): boolean {
    return this.slots.every(({ agent }) => agent.isIdle && agent.process.isAlive);
  }

  /** An owner says something to one of them, or to all. */
  say(group: string, replica: string, batch: DownBatch): void {
    if (replica === "") {
      for (const slot of this.slots) this.#send(slot, batch);
      return;
    }
    const slot = this.#byKey.get(`${group}/${replica}`);
    if (slot !== undefined) this.#send(slot, batch);
  }

  kill(slot: Slot): void {
    const { clock, random } = this.#world;
    const { instance } = slot;
    if (!slot.agent.process.isAlive) return;
    slot.agent.process.kill();
    this.deaths++;
    // A supervisor may have seen it end.
    if (random.chance(0.5))
      clock.after(random.between(5, 200), () => {
        this.#publish(slot, instance, [{ type: "gone", reason: "the process ended" }]);
      });
    clock.after(random.between(50, 2_500), () => {
      this.#start(slot);
    });
  }

  /** All go on. */
  mend(): void {
    for (const { agent } of this.slots) agent.process.wake();
  }

  #open(group: number, name: string, graph: Graph): void {
    // The agent is there a moment later: the slot has to be known to it.
    const slot: Slot = { group, name, graph, instance: 0, cutUntil: 0, agent: undefined as unknown as Agent };
    this.slots.push(slot);
    this.#byKey.set(`g${group}/${name}`, slot);
    this.#start(slot);
  }

  #start(slot: Slot): void {
    const { clock, pipeline, random, weather, tokens, witness, wall } = this.#world;
    const group = slot.graph.groups[slot.group];
    if (group === undefined) throw new RangeError(`no group ${slot.group}`);
    const instance = ++slot.instance;
    const world: AgentWorld = {
      graphOf: (revision) => (revision === pipeline.revised.id ? pipeline.revised : pipeline.graph),
      instance: `${slot.name}.${instance}`,
      group,
      groupIndex: slot.group,
      permits: pipeline.concurrency[slot.group] ?? 1,
      random,
      weather,
      tokens,
      witness,
      wall,
      say: (messages) => {
        this.#publish(slot, instance, messages);
      },
      exit: () => {
        this.kill(slot);
      },
    };
    slot.agent = new Agent(new Process(clock), world);
  }

  #send(slot: Slot, batch: DownBatch): void {
    const { agent } = slot;
    this.#world.network.send(() => {
      if (slot.cutUntil > this.#world.clock.now) return;
      agent.process.deliver(() => {
        agent.receive(batch);
      });
    });
  }

  #publish(slot: Slot, instance: number, messages: readonly UpMessage[]): void {
    if (slot.cutUntil > this.#world.clock.now) return;
    this.#world.publish({
      from: { group: `g${slot.group}`, replica: slot.name, instance: `${slot.name}.${instance}` },
      messages,
    });
  }
}
