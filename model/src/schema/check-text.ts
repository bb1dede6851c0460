import { isPlainObject } from "../canonical-json.ts";
import { keyPath } from "../path.ts";
import type { Finding } from "../problem.ts";
import type { TextForm, TextMapSchema, TextSchema } from "./schema.ts";
import { wrongType } from "./wrong-type.ts";

export function checkText(value: unknown, schema: TextSchema, path: string): Finding[] {
  if (typeof value !== "string") return [wrongType(value, "a text", path)];
  const right = schema.only === undefined ? schema.among : [schema.only];
  if (right !== undefined && !right.includes(value)) {
    const hint = `Write ${right.map((text) => `"${text}"`).join(" or ")}.`;
    return [invalid(`"${value}" is not known here.`, hint, path)];
  }
  if (value === "" && schema.empty !== true)
    return [invalid("An empty text is not allowed here.", "Give it a value, or remove the field.", path)];
  return schema.like === undefined ? [] : checkForm(value, schema.like, path);
}

/** Like the API server, takes nothing (`team:`) for an empty text. */
export function checkTextMap(value: unknown, schema: TextMapSchema, path: string): Finding[] {
  if (!isPlainObject(value)) return [wrongType(value, "a mapping", path)];
  const parts = Object.entries(value).flatMap(([key, text]) => [
    ...checkForm(key, schema.keys, keyPath(path, key)),
    ...(text === null ? [] : checkText(text, schema.values, keyPath(path, key))),
  ]);
  return [...parts, ...checkBytes(value, schema.mostBytes, path)];
}

function checkBytes(value: Record<string, unknown>, most: number | undefined, path: string): Finding[] {
  if (most === undefined) return [];
  const texts = Object.entries(value).flatMap(([key, text]) => [key, typeof text === "string" ? text : ""]);
  const bytes = new TextEncoder().encode(texts.join("")).byteLength;
  if (bytes <= most) return [];
  const message = `These texts and their names take ${String(bytes)} bytes; ${String(most)} are allowed.`;
  return [invalid(message, "Keep large texts somewhere else.", path)];
}

function checkForm(text: string, { pattern, most, mostBeforeSlash = most, words }: TextForm, path: string): Finding[] {
  const isShort = text.length <= most && text.indexOf("/") <= mostBeforeSlash;
  if (isShort && new RegExp(pattern, "u").test(text)) return [];
  return [invalid(`"${text.slice(0, 80)}" does not have the right form.`, `Write ${words}.`, path)];
}

function invalid(message: string, hint: string, path: string): Finding {
  return { code: "InvalidValue", message, hint, path };
}
