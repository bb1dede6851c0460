/** The few forms that a field of a manifest can have. One description serves the validator and the published JSON Schema. */
export type Schema =
  | { readonly form: "boolean"; readonly about?: string }
  | TextSchema
  | NumberSchema
  | { readonly form: "quantity"; readonly about?: string }
  /** A DNS label of at most 40 characters. */
  | { readonly form: "name"; readonly noun: string; readonly about?: string }
  /** A name of a module or of a type: any text without line breaks. */
  | { readonly form: "module-name"; readonly noun: string; readonly about?: string }
  /** `true`, `false` or a text. */
  | { readonly form: "expose"; readonly about?: string }
  /** Anything that JSON can carry. */
  | { readonly form: "json"; readonly about?: string }
  /** An object of anything. */
  | { readonly form: "json-object"; readonly about?: string }
  | { readonly form: "list"; readonly items: Schema; readonly about?: string }
  | ObjectSchema;

export interface TextSchema {
  readonly form: "text";
  /** The only text that is right. */
  readonly only?: string;
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

export function count(least: number, about: string, most = 1_000_000): NumberSchema {
  return { form: "number", whole: true, least, most, about };
}
