import type { Finding } from "../problem.ts";
import type { Draft } from "./draft.ts";

/** DuplicateModule: the name of a module is how others refer to it. */
export function checkDuplicateModules({ modules }: Draft): Finding[] {
  const first = new Map<string, string>();
  return modules.flatMap(({ name, path }) => {
    const earlier = first.get(name);
    if (earlier === undefined) {
      first.set(name, path);
      return [];
    }
    const message = `There are two modules named "${name}"; the first is ${earlier}.`;
    return [
      { code: "DuplicateModule" as const, message, hint: "Give one of them another name.", path: `${path}.name` },
    ];
  });
}
