/**
 * Reads documents in parallel and writes a report on them:
 *
 *     troupe run examples/documents/pipeline.ts                 the documents of this repository and its dependencies
 *     troupe run examples/documents/pipeline.ts ~/texts a.md    any files and folders
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { Pipeline } from "@troupe/sdk";
import type { Findings } from "./analysis/document.ts";
import { findingsOf } from "./analysis/findings.ts";
import { reportOf } from "./analysis/report.ts";
import { filesFor, REPORT } from "./files.ts";
import type { FileInput } from "./modules/documents.ts";

export const pipeline = await Pipeline.fromFile(join(import.meta.dirname, "pipeline.yaml"), {
  context: { folder: REPORT },
});

let files: FileInput[] = [];

/** One file is one job. `words` are those that follow the name of this file on the command line. */
export async function inputs(words: readonly string[]): Promise<FileInput[]> {
  files = await filesFor(words);
  return files;
}

/** The report is wanted without asking for it. */
export const process = true;

/** What `troupe run` hands over when all jobs have ended. */
interface Run {
  readonly jobs: readonly {
    readonly outcome: { readonly state: string; readonly result?: Readonly<Record<string, unknown>> };
  }[];
  readonly processed: Readonly<Record<string, unknown>> | null;
  readonly print: (line: string) => void;
}

/** Says what came out, and checks it against the same computation in one process, one file after another. */
export async function report({ jobs, processed, print }: Run): Promise<void> {
  const startedAt = performance.now();
  const expected: Findings[] = [];
  for (const { name, path } of files) expected.push(findingsOf(name, await readFile(path, "utf8")));
  const expectedReport = reportOf(expected);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(2);

  const { words, topWords } = expectedReport;
  print(
    `${files.length} files, ${words.toLocaleString("en")} words; most frequent: ${topWords
      .slice(0, 8)
      .map(([word]) => word)
      .join(", ")}`,
  );
  print(`report: ${join(REPORT, "report.md")}`);
  const wrong = files.filter(
    (_, index) => !isDeepStrictEqual(jobs[index]?.outcome.result?.["document"], expected[index]),
  );
  if (wrong.length > 0)
    throw new Error(
      `checked: ${wrong.length} of ${files.length} files are not as one process finds them: ${wrong.map(({ name }) => name).join(", ")}`,
    );
  if (!isDeepStrictEqual(processed?.["report"], expectedReport))
    throw new Error("checked: the report is not as one process writes it");
  print(`checked: ${files.length} files, equal to what one process finds in ${seconds} s`);
}
