import { writeFile } from "node:fs/promises";
import { extname } from "node:path";
import { CommandError } from "../command-error.ts";
import type { Timeline } from "../timeline/timeline.ts";

export type PictureFormat = "json" | "html" | "svg";

const FORMATS: readonly PictureFormat[] = ["json", "html", "svg"];

/** What the end of a file's name asks for. */
export function pictureOf(file: string): { readonly file: string; readonly format: PictureFormat } {
  const format = FORMATS.find((known) => extname(file).toLowerCase() === `.${known}`);
  if (format !== undefined) return { file, format };
  throw new CommandError("Usage", `--timeline ${file}: the end of the name says nothing about the format`, {
    hint: "End it in .json (data), .html (a page with zoom and filter) or .svg (a picture).",
  });
}

export async function writePicture(
  timeline: Timeline,
  { file, format }: { readonly file: string; readonly format: PictureFormat },
  title: string,
): Promise<void> {
  const text = await render(timeline, format, title);
  try {
    await writeFile(file, text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CommandError("CannotWrite", `--timeline ${file} cannot be written: ${reason}`, {
      hint: "Name a file in a folder that exists and that you may write to.",
    });
  }
}

async function render(timeline: Timeline, format: PictureFormat, title: string): Promise<string> {
  switch (format) {
    case "json":
      return `${JSON.stringify(timeline, null, 1)}\n`;
    case "svg":
      return (await import("../timeline/svg.ts")).renderSvg(timeline, { title });
    case "html":
      return (await import("../timeline/html.ts")).renderHtml(timeline, { title });
  }
}
