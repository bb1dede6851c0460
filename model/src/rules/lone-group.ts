import type { Finding } from "../problem.ts";
import { checkClaims } from "./claims.ts";
import { fieldOf, textOf, type Draft } from "./draft.ts";
import { draftLoneGroup } from "./make-draft.ts";
import { checkScaling } from "./scaling.ts";
import { checkTemplates } from "./template.ts";

/** The rules about settings, for a Group whose Pipeline is not at hand, or that has none. */
const RULES: readonly ((draft: Draft) => Finding[])[] = [checkScaling, checkClaims, checkTemplates];

export function checkLoneGroup(group: unknown, path: string): Finding[] {
  const draft = draftLoneGroup(group, path);
  return draft === null ? [] : RULES.flatMap((rule) => rule(draft));
}

/** Whether the rules about the Pipeline see the Group too. */
export function isGroupOf(group: unknown, manifest: unknown): boolean {
  const spec = fieldOf(group, "spec");
  const name = textOf(fieldOf(fieldOf(manifest, "metadata"), "name"));
  return textOf(fieldOf(spec, "group")) !== null && fieldOf(fieldOf(spec, "pipelineRef"), "name") === name;
}
