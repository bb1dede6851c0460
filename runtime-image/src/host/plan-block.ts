import { modulesInPhase, type Revision } from "@troupe/model";
import type { Phase } from "@troupe/protocol";

/**
 * The modules that a block has to run, in order: those of the group and phase that are neither inherited nor implied.
 *
 * A module that is not journalled by itself is implied by any later one of the block that is; it runs again only when one
 * that runs needs its result.
 */
export function modulesToRun(
  revision: Revision,
  group: number,
  phase: Phase,
  inherited: ReadonlySet<number>,
): readonly number[] {
  const order = membersOf(revision, group, phase);
  if (!order.some((index) => inherited.has(index))) return order;
  const needed = neededOf(revision, order, inherited);
  return order.filter((index) => needed.has(index) && !inherited.has(index));
}

function membersOf(revision: Revision, group: number, phase: Phase): readonly number[] {
  const compiled = revision.groups[group];
  return compiled === undefined ? [] : modulesInPhase(revision, compiled, phase);
}

/** From the last module to the first, so that whoever needs a result is looked at before whoever makes it. */
function neededOf(revision: Revision, order: readonly number[], inherited: ReadonlySet<number>): ReadonlySet<number> {
  const needed = new Set<number>();
  let impliedFromHere = false;
  for (const index of order.toReversed()) {
    if (inherited.has(index)) {
      impliedFromHere = true;
      continue;
    }
    const module = revision.modules[index];
    if (module === undefined || !(module.journalled || !impliedFromHere || needed.has(index))) continue;
    needed.add(index);
    for (const parent of module.dependsOn) needed.add(parent);
  }
  return needed;
}
