/** The replicas of all groups: processes that are killed, frozen, cut off and drained, and come back as new instances. */
import type { DownBatch, UpBatch, UpMessage } from "@troupe/protocol";
import type { CompiledGroup, Graph } from "@troupe/model";
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
  readonly template: CompiledGroup;
  instance: number;
  /** It is gone for good, and no other instance comes. */
  isClosed: boolean;
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
    this.provide(world.pipeline.graph);
  }

  /** The revision gets replicas of its templates, where there are none, beside those that jobs in flight need. */
  provide({ groups }: Graph): void {
    for (const [group, template] of groups.entries()) {
      for (let index = 0; index < (this.#world.pipeline.replicas[group] ?? 1); index++) {
        const name = `${template.templateHash}-${index}`;
        const slot = this.#byKey.get(`g${group}/${name}`);
        if (slot === undefined) this.#open(group, name, template);
        else if (slot.isClosed) this.#start(slot);
      }
    }
  }

  /** Replicas of templates that are retired go, for good; what they are at is lost. */
  retire(isRetired: (templateHash: string) => boolean): void {
    const { clock, random } = this.#world;
    for (const slot of this.open) {
      const { template, agent } = slot;
      if (!isRetired(template.templateHash)) continue;
      clock.after(random.between(0, 2_000), () => {
        if (slot.agent !== agent || !isRetired(template.templateHash)) return;
        slot.isClosed = true;
        agent.process.kill();
      });
    }
  }

  /** Those that are there, or come back. */
  get open(): readonly Slot[] {
    return this.slots.filter(({ isClosed }) => !isClosed);
  }

  /** The instance of that name, if it lives. */
  living(instance: string): Agent | undefined {
    return this.slots.find((slot) => nameOf(slot) === instance && slot.agent.process.isAlive)?.agent;
  }

  get areIdle(): boolean {
    return this.open.every(({ agent }) => agent.isIdle && agent.process.isAlive);
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
      if (!slot.isClosed && slot.instance === instance) this.#start(slot);
    });
  }

  /** All go on. */
  mend(): void {
    for (const { agent } of this.slots) agent.process.wake();
  }

  #open(group: number, name: string, template: CompiledGroup): void {
    // The agent is there a moment later: the slot has to be known to it.
    const agent = undefined as unknown as Agent;
    const slot: Slot = { group, name, template, instance: 0, isClosed: false, cutUntil: 0, agent };
    this.slots.push(slot);
    this.#byKey.set(`g${group}/${name}`, slot);
    this.#start(slot);
  }

  #start(slot: Slot): void {
    const { clock, pipeline, random, weather, tokens, witness, wall } = this.#world;
    const instance = ++slot.instance;
    slot.isClosed = false;
    const world: AgentWorld = {
      graphOf: (revision) => pipeline.revisions.find(({ id }) => id === revision) ?? pipeline.graph,
      instance: `${slot.name}.${instance}`,
      group: slot.template,
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
