/** The modules of the pipeline: thin shells around the pure functions in `../analysis/`. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Aggregate, defineInterface, Module, type ProcessContext, type RunContext } from "@troupe/sdk";
import type { Document, Findings, Outline, Statistics } from "../analysis/document.ts";
import { merged } from "../analysis/findings.ts";
import { markdownOf } from "../analysis/markdown.ts";
import { outlineOf } from "../analysis/outline.ts";
import { reportOf, type Report } from "../analysis/report.ts";
import { split } from "../analysis/split.ts";
import { statisticsOf } from "../analysis/statistics.ts";

const DocumentInterface = defineInterface<Document>("Document");
const StatisticsInterface = defineInterface<Statistics>("Statistics");
const OutlineInterface = defineInterface<Outline>("Outline");
const FindingsInterface = defineInterface<Findings>("Findings");

/** The input of a job. */
export interface FileInput {
  /** How the file is called in the report. */
  readonly name: string;
  readonly path: string;
}

export class Read extends Module {
  static override type = "read-document";
  static override produces = DocumentInterface;

  override async run({ input }: RunContext<FileInput>): Promise<Document> {
    return split(input.name, await readFile(input.path, "utf8"));
  }
}

export class Analyse extends Module {
  static override type = "analyse-document";
  static override accepts = [DocumentInterface];
  static override produces = StatisticsInterface;

  override run({ results }: RunContext): Statistics {
    return statisticsOf(results.get(DocumentInterface));
  }
}

export class OutlineModule extends Module {
  static override type = "outline-document";
  static override accepts = [DocumentInterface];
  static override produces = OutlineInterface;

  override run({ results }: RunContext): Outline {
    return outlineOf(results.get(DocumentInterface));
  }
}

export class Merge extends Module {
  static override type = "merge-findings";
  static override accepts = [DocumentInterface, StatisticsInterface, OutlineInterface];
  static override produces = FindingsInterface;

  override run({ results }: RunContext): Findings {
    return merged(results.get(DocumentInterface), results.get(StatisticsInterface), results.get(OutlineInterface));
  }
}

/** Keeps the findings of every file, and writes the report when it is asked to process. */
export class WriteReport extends Aggregate {
  static override type = "write-report";
  static override accepts = [FindingsInterface];

  override async process({ items, context }: ProcessContext<Findings>): Promise<Report> {
    const report = reportOf(items);
    const folder = folderOf(context);
    if (folder !== null) {
      await mkdir(folder, { recursive: true });
      await writeFile(join(folder, "report.json"), `${JSON.stringify(report, null, 1)}\n`);
      await writeFile(join(folder, "report.md"), markdownOf(report));
    }
    return report;
  }
}

function folderOf(context: ProcessContext["context"]): string | null {
  const folder = typeof context === "object" && context !== null && "folder" in context ? context["folder"] : null;
  return typeof folder === "string" ? folder : null;
}
