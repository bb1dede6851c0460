/** One thing wrong with a manifest, as data: who reads it decides how it is shown. */
export interface Problem {
  /** Stable; listed in {@link PROBLEM_CODES}. */
  readonly code: ProblemCode;
  /** What is wrong, in one sentence. */
  readonly message: string;
  /** What to do about it. */
  readonly hint: string;
  /** Where, as in `spec.modules[2].dependsOn[0]`, or `Group/name.spec.replicas` for a Group beside the Pipeline. */
  readonly path: string;
  /** Counted from 1; null when the manifest did not come from a text. */
  readonly line: number | null;
  /** Counted from 1, in UTF-16 units. */
  readonly column: number | null;
  readonly file?: string;
}

/** A place in a text, counted from 1. */
export interface Place {
  readonly line: number | null;
  readonly column: number | null;
}

/**
 * The place of a path: that of its value, or when asked for that of its key; the nearest enclosing one when the path itself
 * is not in the text.
 */
export type Locate = (path: string, part?: "key" | "value") => Place;

/** Codes are never reused and never change their meaning. */
export const PROBLEM_CODES = [
  "AggregateMismatch",
  "AggregateNotReplicable",
  "AmbiguousYaml",
  "DisjointGraph",
  "DuplicateDependency",
  "DuplicateGroup",
  "DuplicateKey",
  "DuplicateModule",
  "EmptyFile",
  "EmptyGroup",
  "ExposeCollision",
  "GroupCycle",
  "IgnoredDocument",
  "IgnoredField",
  "IgnoredOption",
  "InterfaceMismatch",
  "InvalidName",
  "InvalidQuantity",
  "InvalidValue",
  "InvalidYaml",
  "MissingField",
  "MissingPipeline",
  "MissingPlaceholder",
  "MixedParents",
  "ModuleCycle",
  "NoModules",
  "ParametersTooLarge",
  "RenamedGroup",
  "ReplicasWithAutoscale",
  "SelfDependency",
  "TemplateConflict",
  "TextLooksBoolean",
  "TooManyDependencies",
  "TooManyGroups",
  "TooManyModules",
  "TooManyPipelines",
  "UnknownDependency",
  "UnknownField",
  "UnknownGroup",
  "UnknownModuleType",
  "UnusedPlaceholder",
] as const;

export type ProblemCode = (typeof PROBLEM_CODES)[number];

/** A problem before its place is known. */
export interface Finding {
  readonly code: ProblemCode;
  readonly message: string;
  readonly hint: string;
  readonly path: string;
}

/** Findings about a field as such, not about its value. */
const ABOUT_KEYS: ReadonlySet<ProblemCode> = new Set<ProblemCode>(["IgnoredField", "IgnoredOption", "UnknownField"]);

/** Gives a finding its place. */
export function placed(finding: Finding, locate?: Locate, file?: string): Problem {
  const place = locate?.(finding.path, ABOUT_KEYS.has(finding.code) ? "key" : "value") ?? { line: null, column: null };
  return { ...finding, line: place.line, column: place.column, ...(file === undefined ? {} : { file }) };
}
