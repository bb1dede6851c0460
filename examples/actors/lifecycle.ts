// Names, restarts, errors and ends: what becomes of an actor, and what its callers hear.
import { actor, ActorDiedError, actorInfo, actorNamed, kill } from "@troupe/sdk";

export class Visits {
  #count = 0;

  visit(): number {
    return ++this.#count;
  }

  refuse(): never {
    throw new RangeError("no visitors today");
  }

  crash(): never {
    process.exit(7);
  }
}

function told(error: unknown): void {
  if (error instanceof ActorDiedError) console.log(`${error.reason ?? "?"}, exit code ${error.exitCode ?? "none"}`);
  else console.log(String(error));
}

if (import.meta.main) {
  const visits = await actor(Visits, [], { name: "visits", maxRestarts: 1 });
  await visits.visit();
  // Whoever asks for the same name gets the same actor.
  const same = await actor(Visits, [], { name: "visits", getIfExists: true });
  console.log(await same.visit());
  // An error comes as it was thrown, and the actor lives on.
  await visits.refuse().catch(told);
  // A crash ends the call that caused it; the actor begins anew, from its constructor.
  await visits.crash().catch(told);
  console.log(await visits.visit(), (await actorInfo(visits)).restarts);
  await kill(visits);
  await visits.visit().catch(told);
  await actorNamed("visits").catch(told);
}
