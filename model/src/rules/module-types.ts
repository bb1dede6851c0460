import { nearest } from "../nearest.ts";
import type { Finding } from "../problem.ts";
import type { Draft, DraftModule } from "./draft.ts";

/** UnknownModuleType, AggregateMismatch. Nothing when it is not known what is registered. */
export function checkModuleTypes(draft: Draft): Finding[] {
  if (draft.types === null) return [];
  return draft.modules.flatMap((module) => {
    if (module.type === null) return [];
    return module.facts === null
      ? [unknownType(module, module.type, draft)]
      : aggregateMismatch(module, module.facts.aggregate);
  });
}

function unknownType(module: DraftModule, type: string, draft: Draft): Finding {
  const types = draft.types ?? [];
  const names = types.map((known) => known.type).sort();
  const meant = nearest(type, names);
  const files = new Set([...draft.lookedIn, ...types.flatMap(({ file }) => file ?? [])]);
  const registered = names.length === 0 ? "No type is registered." : `Registered are: ${names.join(", ")}.`;
  const looked = files.size === 0 ? "No file was looked at." : `Looked at: ${[...files].join(", ")}.`;
  const forgotten = "Is the file that registers it among the modules?";
  return {
    code: "UnknownModuleType",
    message: `Module "${module.name}" has the type "${type}", which is not registered.`,
    hint: `${meant === null ? forgotten : `Did you mean "${meant}"?`} ${registered} ${looked}`,
    path: `${module.path}.type`,
  };
}

function aggregateMismatch(module: DraftModule, isAggregate: boolean): Finding[] {
  if (module.declaredAggregate === undefined || module.declaredAggregate === isAggregate) return [];
  const message = `Module "${module.name}" is declared ${isAggregate ? "not to be an aggregate, but its type" : "to be an aggregate, but its type"} "${module.type ?? ""}" is ${isAggregate ? "one" : "none"}.`;
  return [
    { code: "AggregateMismatch", message, hint: "Remove aggregate: the type knows.", path: `${module.path}.aggregate` },
  ];
}
