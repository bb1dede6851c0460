/** What goes wrong with processes and the journal, and when. */
import type { Clock } from "./clock.ts";
import type { Coordinator } from "./coordinator.ts";
import type { Random } from "./random.ts";
import type { Replicas, Slot } from "./replicas.ts";
import type { Server } from "./server.ts";
import type { Weather } from "./weather.ts";

export interface FaultsWorld {
  readonly clock: Clock;
  readonly random: Random;
  readonly weather: Weather;
  readonly server: Server;
  readonly replicas: Replicas;
  readonly coordinators: Coordinator[];
  /** Starts another process in place of a dead one. */
  readonly restart: (index: number) => void;
}

export class Faults {
  readonly #world: FaultsWorld;
  count = 0;
  /** No process is killed any more: a coordinator that starts anew cannot know what the journal has lost. */
  isOver = false;

  constructor(world: FaultsWorld) {
    this.#world = world;
    const { weather } = world;
    this.#now(weather.killCoordinatorMs, () => {
      this.#killCoordinator();
    });
    this.#now(weather.freezeCoordinatorMs, () => {
      this.#freezeCoordinator();
    });
    this.#now(weather.stealLeaseMs, () => {
      world.server.stealLease();
    });
    this.#now(weather.fullMs, () => {
      world.server.beFullFor(world.random.between(50, 1_500));
    });
    this.#now(weather.killReplicaMs, () => {
      world.replicas.kill(this.#slot());
    });
    this.#now(weather.freezeReplicaMs, () => {
      this.#freezeReplica();
    });
    this.#now(weather.cutReplicaMs, () => {
      this.#cutReplica();
    });
    this.#now(weather.drainReplicaMs, () => {
      this.#drainReplica();
    });
    world.clock.after(weather.untilMs, () => {
      this.#mend();
    });
  }

  /** Again and again, `meanMs` apart in the mean, as long as the weather is bad. */
  #now(meanMs: number, fault: () => void): void {
    if (meanMs === Infinity) return;
    const { clock, random, weather } = this.#world;
    const next = (): void => {
      clock.after(-Math.log(1 - random.next()) * meanMs, () => {
        if (clock.now >= weather.untilMs || this.isOver) return;
        this.count++;
        fault();
        next();
      });
    };
    next();
  }

  #slot(): Slot {
    return this.#world.random.pick(this.#world.replicas.open);
  }

  #coordinator(): number {
    const { random, coordinators } = this.#world;
    const owner = coordinators.findIndex(({ phase }) => phase === "owner");
    return owner !== -1 && random.chance(0.7) ? owner : random.int(0, coordinators.length - 1);
  }

  #killCoordinator(): void {
    const { clock, random, coordinators, restart } = this.#world;
    const index = this.#coordinator();
    const coordinator = coordinators[index];
    if (coordinator?.process.isAlive !== true) return;
    coordinator.process.kill();
    clock.after(random.between(20, 3_000), () => {
      restart(index);
    });
  }

  /** It wakes after it was replaced, or before; and some go on for a while as if nothing had been. */
  #freezeCoordinator(): void {
    const { clock, random, coordinators } = this.#world;
    const coordinator = coordinators[this.#coordinator()];
    if (coordinator === undefined) return;
    coordinator.process.freeze();
    clock.after(random.between(50, 6_000), () => {
      if (random.chance(0.5)) coordinator.election.beCarelessFor(random.between(10, 2_000));
      coordinator.process.wake();
    });
  }

  #freezeReplica(): void {
    const { clock, random } = this.#world;
    const { process } = this.#slot().agent;
    process.freeze();
    clock.after(random.between(50, 6_000), () => {
      process.wake();
    });
  }

  #cutReplica(): void {
    const { clock, random } = this.#world;
    const slot = this.#slot();
    const ms = random.between(50, 6_000);
    slot.cutUntil = clock.now + ms;
    clock.after(ms + 1, () => {
      slot.agent.process.deliver(() => {
        slot.agent.announce();
      });
    });
  }

  #drainReplica(): void {
    const { agent } = this.#slot();
    agent.process.deliver(() => {
      agent.drain();
    });
  }

  #mend(): void {
    const { replicas, coordinators } = this.#world;
    replicas.mend();
    for (const slot of replicas.slots) slot.cutUntil = 0;
    for (const { process } of coordinators) process.wake();
  }
}
