import type { YamlNode } from "../yaml/node.ts";
import { eachScalar, type Conversion } from "./conversion.ts";

const BOOLEAN_IN_YAML_1_1 = /^(yes|no|on|off)$/i;

/** MAGDA's parser takes `yes` and `off` for booleans; YAML 1.2, and so Troupe, for texts. */
export function warnOfBooleans(node: YamlNode, path: string, to: Conversion): void {
  eachScalar(node, path, (scalar, at) => {
    if (scalar.style !== "plain" || !BOOLEAN_IN_YAML_1_1.test(scalar.text)) return;
    const meant = /^(yes|on)$/i.test(scalar.text) ? "true" : "false";
    to.warnings.push({
      code: "TextLooksBoolean",
      message: `${scalar.text} is read as a text, not as ${meant}.`,
      hint: `Write ${meant} if you mean the boolean, or "${scalar.text}" if you mean the text.`,
      path: at,
    });
  });
}
