/**
 * The few forms that a field of a manifest can have. One description serves the validator, the published JSON Schema, the CRDs
 * and their reference page; so `about` is written for users: whole sentences, with unit and default.
 */
export type Schema =
  | { readonly form: "boolean"; readonly about?: string }
  | TextSchema
  | NumberSchema
  | { readonly form: "quantity"; readonly about?: string }
  /** A DNS label of at most 40 characters. */
  | { readonly form: "name"; readonly noun: string; readonly about?: string }
  /** The name of a Group resource: a DNS label, long enough for a pipeline, a group and a hash. */
  | { readonly form: "resource-name"; readonly noun: string; readonly about?: string }
  /** A name of a module or of a type: any text without line breaks. */
  | { readonly form: "module-name"; readonly noun: string; readonly about?: string }
  /** `true`, `false` or a text. */
  | { readonly form: "expose"; readonly about?: string }
  /** Anything that JSON can carry. */
  | { readonly form: "json"; readonly about?: string }
  /** An object of anything. */
  | { readonly form: "json-object"; readonly about?: string }
  | TextMapSchema
  | ListSchema
  | ObjectSchema;

/** An object of texts, such as labels. */
export interface TextMapSchema {
  readonly form: "text-map";
  readonly values: TextSchema;
  readonly keys: TextForm;
  /** Most bytes of all keys and values in UTF-8. Default: no limit. */
  readonly mostBytes?: number;
  readonly about?: string;
}

export interface ListSchema {
  readonly form: "list";
  readonly items: Schema;
  /** Bounds that rules check, with codes of their own. */
  readonly least?: number;
  readonly most?: number;
  /** What no two items may share: this field of theirs, or the item itself. A rule checks it, with a code of its own. */
  readonly unique?: { readonly by: string } | "items";
  readonly about?: string;
}

/** A form that a text must have, with how to say it. */
export interface TextForm {
  /** A regular expression that means the same in JavaScript and Go. */
  readonly pattern: string;
  readonly most: number;
  /** Most characters before the first slash. Default: no limit of their own. */
  readonly mostBeforeSlash?: number;
  /** What is right, as in `a name of …`. */
  readonly words: string;
}

export interface TextSchema {
  readonly form: "text";
  /** The only text that is right. */
  readonly only?: string;
  /** The texts that are right. */
  readonly among?: readonly string[];
  readonly like?: TextForm;
  /** Whether it may be the empty text. */
  readonly empty?: boolean;
  /** RFC 3339. */
  readonly time?: boolean;
  readonly about?: string;
}

export interface NumberSchema {
  readonly form: "number";
  readonly whole: boolean;
  readonly least: number;
  /** Whether `least` itself is refused. */
  readonly above?: boolean;
  readonly most?: number;
  readonly about?: string;
}

export interface ObjectSchema {
  readonly form: "object";
  /** What the object is, with its article, as in `a module`. */
  readonly noun: string;
  readonly fields: Readonly<Record<string, Schema>>;
  readonly required: readonly string[];
  /** Whether fields that are not listed are left alone. */
  readonly open?: boolean;
  readonly about?: string;
}

/** The most that any time may be, in seconds: about 24 days, what a timer of 31 bits in milliseconds can wait. */
export const MAX_SECONDS = 2_147_483;

export function seconds(about: string): NumberSchema {
  return { form: "number", whole: false, least: 0, above: true, most: MAX_SECONDS, about };
}

/** A number that only grows, such as a generation. */
export function tally(about: string): NumberSchema {
  return { form: "number", whole: true, least: 0, about };
}

export function count(least: number, about: string, most = 1_000_000): NumberSchema {
  return { form: "number", whole: true, least, most, about };
}
