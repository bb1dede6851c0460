/** Cases of the rules: what is written, and what must be found in it. Used by tests alone. */
import type { ModuleTypeFacts } from "../manifest.ts";
import { PROBLEM_CODES, type Problem } from "../problem.ts";
import { readPipeline } from "../read/read-pipeline.ts";

export interface RuleCase {
  readonly rule: string;
  /** What stands below `spec:`; it begins in line 5. */
  readonly spec: string;
  readonly types?: readonly ModuleTypeFacts[];
  readonly lookedIn?: readonly string[];
  /** Code, path, line and column, then parts of message and hint. */
  readonly expected: readonly [code: string, path: string, place: string, message: string, hint: string][];
}

const HEAD = "apiVersion: troupe.dev/v1alpha1\nkind: Pipeline\nmetadata: { name: p }\nspec:\n";
export const GROUP = "---\napiVersion: troupe.dev/v1alpha1\nkind: Group\nmetadata: { name: tuned }\nspec:\n";
export const ONE = "  modules:\n    - { name: A, type: t, group: g }\n";
export const TWO = `${ONE}    - { name: B, type: t, group: g, dependsOn: [A] }\n`;

export function facts(type: string, more: Partial<ModuleTypeFacts> = {}): ModuleTypeFacts {
  return { type, aggregate: false, produces: null, accepts: null, file: null, ...more };
}

/** The part of a test's context that the cases need. */
interface Assertions {
  deepEqual(actual: unknown, expected: unknown): unknown;
  is(actual: unknown, expected: unknown): unknown;
  regex(text: string, pattern: RegExp): unknown;
  true(actual: unknown, message?: string): unknown;
}

export function testCases(
  test: (title: string, run: (t: Assertions) => void) => void,
  cases: readonly RuleCase[],
): void {
  for (const { rule, spec, expected, ...options } of cases) {
    test(`finds ${rule}`, (t) => {
      const problems = problemsOf(spec, options);
      t.deepEqual(
        problems.map(({ code, path, line, column }) => [code, path, `${String(line)}:${String(column)}`]),
        expected.map(([code, path, place]) => [code, path, place]),
      );
      expected.forEach(([, , , message, hint], index) => {
        t.true(problems[index]?.message.includes(message), problems[index]?.message);
        t.true(problems[index]?.hint.includes(hint), problems[index]?.hint);
      });
      for (const { code, message, file } of problems) {
        t.true(PROBLEM_CODES.includes(code));
        t.regex(message, /[.)]$/);
        t.is(file, "p.yaml");
      }
    });
  }
}

function problemsOf(spec: string, options: Pick<RuleCase, "types" | "lookedIn">): readonly Problem[] {
  const result = readPipeline(HEAD + spec, { file: "p.yaml", ...options });
  return result.ok ? [] : result.problems;
}
