import type { ModuleTypeFacts } from "../manifest.ts";
import type { Finding } from "../problem.ts";
import type { Draft } from "./draft.ts";

/** InterfaceMismatch: a module is fed by one whose results it does not take. Undeclared interfaces are not checked. */
export function checkInterfaces({ modules }: Draft): Finding[] {
  const byName = new Map(modules.toReversed().map((module) => [module.name, module]));
  return modules.flatMap((child) =>
    child.dependsOn.flatMap(({ name, path }) => {
      const [parent, taker] = [byName.get(name), child.facts];
      if (parent === undefined || parent === child || parent.facts === null || taker === null) return [];
      if (isAccepted(parent.facts, taker.accepts)) return [];
      const { message, hint } = mismatch({ name: child.name, facts: taker }, { name, facts: parent.facts });
      return [{ code: "InterfaceMismatch" as const, message, hint, path }];
    }),
  );
}

function isAccepted(parent: ModuleTypeFacts, accepts: readonly string[] | null): boolean {
  if (accepts === null || accepts.includes(parent.type)) return true;
  return parent.produces !== null && accepts.includes(parent.produces);
}

interface Named {
  readonly name: string;
  readonly facts: ModuleTypeFacts;
}

function mismatch(child: Named, parent: Named): { message: string; hint: string } {
  const { produces } = parent.facts;
  const given = produces === null ? "declares no interface" : `produces ${produces}`;
  const accepts = child.facts.accepts ?? [];
  const taken = accepts.length === 0 ? "nothing" : accepts.join(", ");
  const [childType, parentType] = [child.facts.type, parent.facts.type];
  return {
    message: `Module "${child.name}" (${childType}) does not take the result of "${parent.name}" (${parentType}, which ${given}). It accepts: ${taken}.`,
    hint: `Let ${parentType} produce one of these, let ${childType} accept ${produces ?? parentType}, or remove the dependency.`,
  };
}
