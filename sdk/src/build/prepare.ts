/** From a draft to a revision: which types there are, whether the rules hold, and then the compiled form. */
import { compileRevision, validateManifest, type ModuleTypeFacts, type Revision } from "@troupe/model";
import type { Draft } from "./draft.ts";
import { InvalidPipelineError, StartError } from "./errors.ts";
import { knownTypes } from "./module-types.ts";

/** Loads files in a thread of its own and says what they register: `describeModules` of the local system. */
export type DescribeModules = (files: readonly string[]) => Promise<{
  readonly types: readonly ModuleTypeFacts[];
  readonly problems: readonly LoadProblem[];
}>;

/** Why a module file could not be loaded. */
interface LoadProblem {
  readonly message: string;
  readonly hint: string;
  /** Of what the file threw, if it did. */
  readonly stack: string | null;
}

/** @throws {InvalidPipelineError} @throws {StartError} when a module file cannot be loaded */
export async function prepareRevision(
  draft: Draft,
  files: readonly string[],
  namespace: string,
  describe: DescribeModules,
): Promise<Revision> {
  const { manifest, groups } = draft;
  const types = await typesOf(draft, files, describe);
  const problems = validateManifest(manifest, {
    groups,
    types,
    lookedIn: files,
    ...(draft.file === null ? {} : { file: draft.file }),
  });
  if (problems.length > 0) throw new InvalidPipelineError(`Pipeline "${manifest.metadata.name}"`, problems);
  return compileRevision(manifest, { namespace, groups, types });
}

/** Types that this process knows need no second look; files are loaded only for others. */
async function typesOf(
  { manifest }: Draft,
  files: readonly string[],
  describe: DescribeModules,
): Promise<readonly ModuleTypeFacts[]> {
  const wanted = new Set(manifest.spec.modules.map(({ type }) => type));
  const known = knownTypes(wanted);
  if (known.length === wanted.size) return known;
  const { types, problems } = await describe(files);
  const [first] = problems;
  if (first !== undefined) throw new StartError(textOf(first));
  return types;
}

/** With the line that threw: the file alone may be long, and others may be imported by it. */
function textOf({ message, hint, stack }: LoadProblem): string {
  const where = (stack ?? "").split("\n").find((line) => line.trim().startsWith("at "));
  return [message, ...(where === undefined ? [] : [`    ${where.trim()}`]), ...(hint === "" ? [] : [hint])].join("\n");
}
