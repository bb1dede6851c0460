import { toDnsLabel } from "../dns-label.ts";
import { MAX_MODULE_NAME_LENGTH, MAX_NAME_LENGTH, MAX_RESOURCE_NAME_LENGTH } from "../limits.ts";
import type { Finding } from "../problem.ts";

/** The pattern of a DNS label, for schemas. */
export const DNS_LABEL_PATTERN = "^[a-z0-9]([a-z0-9-]*[a-z0-9])?$";
const DNS_LABEL = new RegExp(DNS_LABEL_PATTERN);

/**
 * The pattern of names of modules and types, for schemas: no control characters or line breaks, no blanks at the ends, and not the
 * character that stands for what could not be read: half of a surrogate pair becomes it on its way to a cluster.
 */
export const MODULE_NAME_PATTERN = "^[^\\p{Cc}\\p{Z}\ufffd]([^\\p{Cc}\\p{Zl}\\p{Zp}\ufffd]*[^\\p{Cc}\\p{Z}\ufffd])?$";

/** Pipelines and groups become names of Kubernetes objects, together and with a hash: hence a short DNS label. */
export function nameFinding(name: string, noun: string, path: string): Finding[] {
  return labelFinding({ name, noun, most: MAX_NAME_LENGTH }, path);
}

/** A Group of a pipeline is named after pipeline and group, and with a hash. */
export function resourceNameFinding(name: string, noun: string, path: string): Finding[] {
  return labelFinding({ name, noun, most: MAX_RESOURCE_NAME_LENGTH }, path);
}

function labelFinding(
  named: { readonly name: string; readonly noun: string; readonly most: number },
  path: string,
): Finding[] {
  const { name, noun, most } = named;
  if (DNS_LABEL.test(name) && name.length <= most) return [];
  const suggestion = toDnsLabel(name);
  const rule = `a ${noun} name has lower-case letters, digits and "-" inside, and at most ${String(most)} characters`;
  const hint = suggestion === null ? `Choose another: ${rule}.` : `For instance "${suggestion}".`;
  return [{ code: "InvalidName", message: `"${name}" is no name of a ${noun}: ${rule}.`, hint, path }];
}

/** Names of modules are values only, so nearly everything goes that fits into one line of a table. */
export function moduleNameFinding(name: string, noun: string, path: string): Finding[] {
  const printable = !/[\p{Cc}\p{Zl}\p{Zp}\ufffd]/u.test(name.toWellFormed()) && name.trim() === name;
  if (name !== "" && printable && name.length <= MAX_MODULE_NAME_LENGTH) return [];
  return [
    {
      code: "InvalidName",
      message: `${JSON.stringify(name)} is no name of a ${noun}.`,
      hint: `Use 1 to ${String(MAX_MODULE_NAME_LENGTH)} printable characters without blanks at the ends.`,
      path,
    },
  ];
}
