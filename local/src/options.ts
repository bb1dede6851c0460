/** What callers say about a system on this machine. */
import type { Revision } from "@troupe/model";
import type { LocalSettings } from "@troupe/sdk";

export interface LocalOptions extends LocalSettings {
  readonly revision: Revision;
  /** Files and folders that register the types of the revision's modules. */
  readonly moduleFiles: readonly string[];
}
