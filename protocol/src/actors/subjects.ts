/** The subjects of a free-standing Group. Its journal and snapshots lie where those of a pipeline do. */
import type { Scope } from "../subjects.ts";

export interface GroupSubjects {
  /** Requests to the registry: births, deaths, who is there. Clients know no uid. */
  readonly registry: string;
  /** What nurseries say to the registry. */
  readonly up: string;
  /** What the registry says to one nursery. */
  down(replica: string): string;
  /** What the registry says to everybody: what became of actors. */
  readonly news: string;
  /** Calls to one incarnation of an actor. */
  calls(actor: string, incarnation: number | "*"): string;
  /** Questions about one incarnation, which its agent answers whatever the actor does. */
  ask(actor: string, incarnation: number | "*"): string;
  /** Answers to one caller; `link` names what it calls. */
  answers(caller: string, link: string): string;
}

export function groupSubjectsOf({ namespace, pipeline, uid }: Scope): GroupSubjects {
  const root = `_troupe.${namespace}.${pipeline}.${uid}`;
  return {
    registry: `troupe.${namespace}.${pipeline}.registry`,
    up: `${root}.nursery.up`,
    down: (replica) => `${root}.nursery.down.${replica}`,
    news: `${root}.news`,
    calls: (actor, incarnation) => `${root}.call.${actor}.${incarnation}`,
    ask: (actor, incarnation) => `${root}.ask.${actor}.${incarnation}`,
    answers: (caller, link) => `${root}.answer.${caller}.${link}`,
  };
}
