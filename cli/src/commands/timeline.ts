/** `troupe timeline`: draws what a run has written. */
import { CommandError } from "../command-error.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { parseJson } from "../inputs/parse-json.ts";
import { readText } from "../inputs/read-input.ts";
import { terminalState } from "../terminal-state.ts";
import { readTimeline } from "../timeline/read-timeline.ts";
import { renderTerminal } from "../timeline/terminal.ts";
import type { Timeline } from "../timeline/timeline.ts";
import { writePicture } from "./write-picture.ts";

export interface TimelineFlags {
  readonly html?: string;
  readonly svg?: string;
}

export async function timeline(file: string, { html, svg }: TimelineFlags): Promise<ExitCode> {
  const read = await loadTimeline(file, "");
  if (html !== undefined) await writePicture(read, { file: html, format: "html" }, file);
  if (svg !== undefined) await writePicture(read, { file: svg, format: "svg" }, file);
  if (html === undefined && svg === undefined)
    process.stdout.write(renderTerminal(read, terminalState(process.stdout, process.env)));
  return EXIT.ok;
}

/** A file that `--timeline T.json` wrote. */
export async function loadTimeline(file: string, option: string): Promise<Timeline> {
  const raw = parseJson(await readText(file, option), file);
  try {
    return readTimeline(raw);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CommandError("InvalidTimeline", `${file} is no timeline: ${reason}`, {
      hint: "Write one with: troupe run FILE --timeline T.json",
    });
  }
}
