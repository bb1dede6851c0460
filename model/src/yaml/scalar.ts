import { boolCoreTag, floatCoreTag, intCoreTag, NOT_RESOLVED, nullCoreTag } from "js-yaml";
import type { ScalarNode, ScalarStyle } from "./node.ts";

/** The value of a scalar in YAML 1.2's core schema (`n`, `on` and `yes` are texts), or why it has none. */
export type ScalarOutcome =
  | { readonly ok: true; readonly value: ScalarNode["value"] }
  | { readonly ok: false; readonly message: string; readonly hint: string };

const TAGS = { null: nullCoreTag, bool: boolCoreTag, int: intCoreTag, float: floatCoreTag };
type TagName = keyof typeof TAGS;

export function resolveScalar(text: string, style: ScalarStyle): ScalarOutcome {
  if (style === "text") return { ok: true, value: text };
  if (style === "plain") return resolvePlain(text);
  const value = resolveAs(style, text, true);
  if (value !== undefined) return checkNumber(value, text);
  return {
    ok: false,
    message: `"${text}" is no ${style}, which its tag says it is.`,
    hint: "Remove the tag, or correct the value.",
  };
}

function resolvePlain(text: string): ScalarOutcome {
  for (const style of ["null", "bool", "int", "float"] as const) {
    const value = resolveAs(style, text, false);
    if (value !== undefined) return checkNumber(value, text);
  }
  return { ok: true, value: text };
}

function resolveAs(style: TagName, text: string, explicit: boolean): null | boolean | number | undefined {
  const tag = TAGS[style];
  const value = tag.resolve(text, explicit, tag.tagName);
  return value === NOT_RESOLVED ? undefined : value;
}

function checkNumber(value: null | boolean | number, text: string): ScalarOutcome {
  if (typeof value !== "number") return { ok: true, value };
  if (!Number.isFinite(value)) {
    return { ok: false, message: `${text} is no number that JSON can carry.`, hint: `Put it in quotes: "${text}".` };
  }
  if (Number.isInteger(value) && !Number.isSafeInteger(value) && /^[-+]?[0-9]+$/.test(text)) {
    return {
      ok: false,
      message: `${text} is too large a number to be kept exactly.`,
      hint: `Put it in quotes to keep every digit: "${text}".`,
    };
  }
  return { ok: true, value };
}
