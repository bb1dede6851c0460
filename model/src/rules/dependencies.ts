import { didYouMean } from "../nearest.ts";
import type { Finding } from "../problem.ts";
import type { Draft, DraftModule } from "./draft.ts";

/** UnknownDependency, SelfDependency, DuplicateDependency. */
export function checkDependencies(draft: Draft): Finding[] {
  const names = new Set(draft.modules.map(({ name }) => name));
  return draft.modules.flatMap((module) => {
    const seen = new Set<string>();
    return module.dependsOn.flatMap(({ name, path }) => {
      const repeated = seen.has(name);
      seen.add(name);
      if (name === module.name) return [selfDependency(module, path)];
      if (!names.has(name)) return [unknownDependency(module, name, path, draft)];
      if (!repeated) return [];
      const message = `Module "${module.name}" depends on "${name}" twice.`;
      return [{ code: "DuplicateDependency" as const, message, hint: "Remove one of the two.", path }];
    });
  });
}

function selfDependency(module: DraftModule, path: string): Finding {
  return {
    code: "SelfDependency",
    message: `Module "${module.name}" depends on itself, so it could never start.`,
    hint: `Remove "${module.name}" from its own dependencies.`,
    path,
  };
}

function unknownDependency(module: DraftModule, name: string, path: string, draft: Draft): Finding {
  const others = draft.modules.map((other) => other.name).filter((other) => other !== module.name);
  const inGroup = draft.modules.filter((other) => other.group === name).map((other) => `"${other.name}"`);
  const hint =
    inGroup.length > 0
      ? `"${name}" is a group. Depend on its modules instead: ${inGroup.join(", ")}.`
      : `${didYouMean(name, others)}${others.length === 0 ? "There is no other module." : `Declared are: ${listed(others)}.`}`;
  return {
    code: "UnknownDependency",
    message: `Module "${module.name}" depends on "${name}", which is not declared.`,
    hint,
    path,
  };
}

function listed(names: readonly string[]): string {
  const shown = names
    .slice(0, 12)
    .map((name) => `"${name}"`)
    .join(", ");
  return names.length <= 12 ? shown : `${shown} and ${String(names.length - 12)} more`;
}
