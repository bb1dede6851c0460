import { toDnsLabel } from "../dns-label.ts";
import { MAX_MODULE_NAME_LENGTH, MAX_NAME_LENGTH } from "../limits.ts";
import type { Finding } from "../problem.ts";

const DNS_LABEL = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/;

/** Pipelines and groups become names of Kubernetes objects, together and with a hash: hence a short DNS label. */
export function nameFinding(name: string, noun: string, path: string): Finding[] {
  if (DNS_LABEL.test(name) && name.length <= MAX_NAME_LENGTH) return [];
  const suggestion = toDnsLabel(name);
  const rule = `a ${noun} name has lower-case letters, digits and "-" inside, and at most ${String(MAX_NAME_LENGTH)} characters`;
  const hint = suggestion === null ? `Choose another: ${rule}.` : `For instance "${suggestion}".`;
  return [{ code: "InvalidName", message: `"${name}" is no name of a ${noun}: ${rule}.`, hint, path }];
}

/** Names of modules are values only, so nearly everything goes that fits into one line of a table. */
export function moduleNameFinding(name: string, noun: string, path: string): Finding[] {
  const printable = !/[\p{Cc}\p{Zl}\p{Zp}]/u.test(name) && name.trim() === name;
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
