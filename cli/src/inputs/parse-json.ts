import { CommandError } from "../command-error.ts";

/** Parses JSON that a user typed or wrote. `what` names it, as in `--input` or `--context @film.json`. */
export function parseJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CommandError("InvalidJson", `${what} is not JSON: ${reason}`, { hint: hintFor(text) });
  }
}

function hintFor(text: string): string {
  if (/^[\w .,:/-]+$/.test(text) && text.length < 60)
    return `A text is JSON in quotes: --input '${JSON.stringify(text)}'. A file is named with an @: --input @FILE.`;
  return 'Quote it for the shell, as in --input \'{"url": "https://example.org"}\', or put it into a file: --input @FILE.';
}
