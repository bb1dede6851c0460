import type { YamlNode } from "../yaml/node.ts";
import { eachScalar, type Conversion } from "./conversion.ts";

/** The words that YAML 1.1 takes for booleans, and 1.2 does not. */
const TRUE = /^(y|Y|yes|Yes|YES|on|On|ON)$/;
const FALSE = /^(n|N|no|No|NO|off|Off|OFF)$/;

/**
 * AmbiguousYaml: Troupe reads YAML 1.2, and kubectl 1.1. A plain scalar that the two read differently means one thing on the
 * laptop and another on the cluster, where it is mostly refused.
 */
export function warnOfOtherReading(node: YamlNode, path: string, to: Conversion): void {
  eachScalar(node, path, (scalar, at) => {
    if (scalar.style !== "plain") return;
    const other = readByKubectl(scalar.text);
    if (other === undefined || other === scalar.value) return;
    const here = typeof scalar.value === "string" ? "a text" : String(scalar.value);
    to.warnings.push({
      code: "AmbiguousYaml",
      message: `${scalar.text} is read as ${here}, but kubectl takes it for ${String(other)}.`,
      hint:
        typeof scalar.value === "string"
          ? `Put it in quotes: "${scalar.text}".`
          : `Write ${String(scalar.value)} for the number, or "${scalar.text}" for the text.`,
      path: at,
    });
  });
}

/** What kubectl's parser (go-yaml 2) makes of a plain scalar; undefined where it agrees with YAML 1.2. */
function readByKubectl(text: string): boolean | number | undefined {
  if (TRUE.test(text)) return true;
  if (FALSE.test(text)) return false;
  const digits = text.replaceAll("_", "");
  const sign = digits.startsWith("-") ? -1 : 1;
  const whole = digits.replace(/^[-+]/, "");
  if (/^0b[01]+$/.test(whole)) return sign * Number.parseInt(whole.slice(2), 2);
  if (/^0[0-7]+$/.test(whole)) return sign * Number.parseInt(whole, 8);
  if (!text.includes("_") || text.startsWith("_")) return undefined;
  const isNumber = /^(0x[0-9a-fA-F]+|(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?)$/.test(whole);
  return isNumber ? sign * Number(whole) : undefined;
}
