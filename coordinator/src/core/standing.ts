/** Where a job stands, in words: for whoever asks for its status, and for the error of a job whose time is over. */
import type { Block, Job } from "./job.ts";
import { groupState, type Owner } from "./owner.ts";

/** Groups that are named; of a wide job that waits for all of them, the first say enough. */
const NAMED = 3;

/** What the job waits for; nothing when it has ended or is at work everywhere that it can be. */
export function waitsFor(job: Job): string[] {
  if (job.end !== undefined) return [];
  return open(job).flatMap((block) => {
    if (block.execution !== undefined) return [];
    return [`${isInBackoff(block) ? "another attempt" : "a replica"} of group ${block.stop.name}`];
  });
}

/**
 * What each group that has the job in hand was doing.
 * @example "group g1 waited for a replica (it cannot be set up: no such file), group g2 was at work in g2-0"
 */
export function standing(owner: Owner, job: Job): string {
  const said = open(job).map((block) => `group ${block.stop.name} ${deed(owner, block)}`);
  if (said.length === 0) return "its last results were on their way";
  const more = said.length - NAMED;
  return more > 0 ? `${said.slice(0, NAMED).join(", ")}, and ${more} more` : said.join(", ");
}

/** Blocks whose turn it is. */
function open(job: Job): Block[] {
  return job.blocks.flatMap((block) => (block?.state === "ready" ? [block] : []));
}

/** It failed, and stands in no queue until its backoff is over. */
function isInBackoff({ notBefore, queued }: Block): boolean {
  return notBefore > 0 && queued === undefined;
}

function deed(owner: Owner, block: Block): string {
  if (block.execution !== undefined) return `was at work in ${block.execution.replica.name}`;
  if (isInBackoff(block)) return "was about to be tried again";
  const problem = problemOf(owner, block.stop.name);
  return `waited for a replica${problem === undefined ? "" : ` (it cannot be set up: ${problem})`}`;
}

/** Why a group's replicas take nothing, as far as one of them says. */
export function problemOf(owner: Owner, name: string): string | undefined {
  return [...groupState(owner, name).replicas.values()].find((replica) => replica.problem !== undefined)?.problem
    ?.message;
}
