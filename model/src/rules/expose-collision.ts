import type { Finding } from "../problem.ts";
import type { Draft, DraftModule } from "./draft.ts";

/** ExposeCollision: exposed results are the fields of one object. */
export function checkExposedNames({ modules }: Draft): Finding[] {
  const first = new Map<string, DraftModule>();
  return modules.flatMap((module) => {
    if (module.exposedAs === null) return [];
    const earlier = first.get(module.exposedAs);
    if (earlier === undefined) {
      first.set(module.exposedAs, module);
      return [];
    }
    const message = `Modules "${earlier.name}" and "${module.name}" both expose their result as "${module.exposedAs}".`;
    return [
      {
        code: "ExposeCollision" as const,
        message,
        hint: "Expose one of them under another name.",
        path: `${module.path}.expose`,
      },
    ];
  });
}
