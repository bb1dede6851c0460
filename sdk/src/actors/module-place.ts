/** Where a caller's file lies in a replica of a cluster. */
import { existsSync } from "node:fs";
import { join, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/**
 * The same path, when there is one: an image may have everything where the caller has it. Else the file of the group's modules whose path ends
 * most like the caller's: `/home/me/work/modules/math.ts` is `modules/math.ts` or `math.ts` there.
 *
 * @param folders of the group's modules; empty: files lie where the caller has them. @returns null when there is none.
 */
export function moduleUrl(url: string, folders: readonly string[]): string | null {
  if (folders.length === 0) return url;
  const path = fileURLToPath(url);
  if (existsSync(path)) return url;
  const steps = path.split(sep).filter((step) => step !== "");
  for (let from = 0; from < steps.length; from++) {
    for (const folder of folders) {
      const candidate = join(folder, ...steps.slice(from));
      if (existsSync(candidate)) return pathToFileURL(candidate).href;
    }
  }
  return null;
}
