import { jsonBytes } from "../canonical-json.ts";
import { MAX_DEPENDENCIES, MAX_GROUPS, MAX_MODULES, MAX_PARAMETERS_BYTES } from "../limits.ts";
import { itemPath } from "../path.ts";
import type { Finding } from "../problem.ts";
import { fieldOf, type Draft } from "./draft.ts";

/** NoModules, TooManyModules, TooManyGroups, TooManyDependencies, ParametersTooLarge. */
export function checkLimits(draft: Draft): Finding[] {
  return [
    ...checkModuleCount(draft.spec["modules"]),
    ...checkGroupCount(draft),
    ...draft.modules.flatMap(({ name, path, dependsOn }) => {
      if (dependsOn.length <= MAX_DEPENDENCIES) return [];
      const message = `Module "${name}" depends on ${String(dependsOn.length)} modules; ${String(MAX_DEPENDENCIES)} are allowed.`;
      const hint = "Put a module in between that gathers some of them.";
      return [{ code: "TooManyDependencies" as const, message, hint, path: `${path}.dependsOn` }];
    }),
    ...checkParameters(draft),
  ];
}

function checkModuleCount(modules: unknown): Finding[] {
  if (!Array.isArray(modules)) return [];
  if (modules.length === 0) {
    return [
      {
        code: "NoModules",
        message: "The pipeline has no modules.",
        hint: "Declare at least one under modules.",
        path: "spec.modules",
      },
    ];
  }
  if (modules.length <= MAX_MODULES) return [];
  const message = `The pipeline has ${String(modules.length)} modules; ${String(MAX_MODULES)} are allowed.`;
  const hint = "Join small modules, or split the pipeline in two.";
  return [{ code: "TooManyModules", message, hint, path: itemPath("spec.modules", MAX_MODULES) }];
}

function checkGroupCount({ groups }: Draft): Finding[] {
  if (groups.size <= MAX_GROUPS) return [];
  const message = `The pipeline has ${String(groups.size)} groups; ${String(MAX_GROUPS)} are allowed.`;
  return [{ code: "TooManyGroups", message, hint: "Let several modules share a group.", path: "spec.modules" }];
}

function checkParameters({ spec }: Draft): Finding[] {
  const modules: readonly unknown[] = Array.isArray(spec["modules"]) ? spec["modules"] : [];
  const own = modules.map((module, index) => ({
    path: `spec.modules[${String(index)}].parameters`,
    size: sizeOf(fieldOf(module, "parameters")),
  }));
  const shared = ["sharedParameters", "context"].map((field) => ({ path: `spec.${field}`, size: sizeOf(spec[field]) }));
  const parts = [...own, ...shared];
  const total = parts.reduce((sum, { size }) => sum + size, 0);
  if (total <= MAX_PARAMETERS_BYTES) return [];
  const largest = parts.reduce((a, b) => (b.size > a.size ? b : a));
  const message = `All parameters together take ${String(total)} bytes; ${String(MAX_PARAMETERS_BYTES)} are allowed (${largest.path} takes ${String(largest.size)}).`;
  const hint = "Keep large values in a file beside the modules, or in the job's input, and pass their name.";
  return [{ code: "ParametersTooLarge", message, hint, path: largest.path }];
}

function sizeOf(value: unknown): number {
  try {
    return jsonBytes(value);
  } catch {
    // A value that refers to itself; the check of its form reports it.
    return 0;
  }
}
