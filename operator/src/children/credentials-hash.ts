/** By which it is seen that somebody has edited a group's credentials, without keeping them. */
import { CREDENTIALS_FILE } from "../credentials/index.ts";
import { hash8 } from "./names.ts";

/** The hash of the credentials as they were made, in the Secret. */
export const MADE_CONTENT_ANNOTATION = "troupe.dev/credentials-content";
/** Where the hash of what a Secret holds stands in the cache, whose Secrets have no content; the API server has none of it. */
export const SEEN_CONTENT_ANNOTATION = "troupe.dev/content-hash";

/** Of the credentials alone: what others add to a Secret is theirs. @param data as the API server has it */
export function credentialsHash(data: Readonly<Record<string, string>> | undefined): string {
  return hash8(data?.[CREDENTIALS_FILE] ?? "");
}
