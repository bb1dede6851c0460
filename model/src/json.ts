/** Any value that JSON can carry. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

/** An object of JSON values, as in `parameters`. */
export interface JsonObject {
  readonly [key: string]: Json;
}
